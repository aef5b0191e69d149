import type { RunEvent } from "@millrace/engine";
import type { PrismaClient } from "../generated/client.ts";
import { readJson } from "./json-column.ts";

/** What was received, as received; undefined once retention has removed it. */
export async function findEvent(prisma: PrismaClient, workspaceId: string, id: string): Promise<RunEvent | undefined> {
  const row = await prisma.event.findFirst({ where: { id, workspaceId } });
  if (!row) return undefined;
  const { method, query, headersJson, contentType, body, receivedAt } = row;
  return { id, method, query, headers: readJson(headersJson), contentType, body, receivedAt };
}
