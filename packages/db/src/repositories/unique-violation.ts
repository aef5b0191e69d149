import { Prisma } from "../generated/client.ts";

/** Prisma's code for a row that a unique index refused. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
}
