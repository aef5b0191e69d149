import { timingSafeEqual } from "node:crypto";
import { type Clock, systemClock } from "@millrace/base";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { randomToken } from "./random-token.ts";
import { sha256 } from "./sha256.ts";

const tokenBytes = 24;
const createOwnerTimeoutMs = 30_000;

/** The one-time link that creates the owner of a new installation. */
export function createSetupRepository(prisma: PrismaClient, clock: Clock = systemClock) {
  return {
    /**
     * A new token that replaces the one before; undefined once an owner exists. Only its hash is stored, so it is shown
     * now or never.
     */
    async issueToken(): Promise<string | undefined> {
      if (await hasOwner(prisma)) return undefined;
      const token = randomToken(tokenBytes);
      const row = { tokenHash: sha256(token), createdAt: clock.now(), usedAt: null };
      await prisma.setupToken.upsert({ where: { id: 1 }, create: { id: 1, ...row }, update: row });
      return token;
    },

    /** Whether the installation still waits for its owner. */
    async isPending(): Promise<boolean> {
      return !(await hasOwner(prisma));
    },

    /**
     * Uses the token up, once, and tells whether it was right. `createOwner` runs while the token is held: if it throws,
     * the token stays good, so that a refused password does not lock the owner out.
     */
    async consume(token: string, createOwner: () => Promise<void> = async () => {}): Promise<boolean> {
      return prisma.$transaction(
        async (tx) => {
          const rows = await tx.$queryRaw<{ tokenHash: Uint8Array }[]>`
            SELECT token_hash AS "tokenHash" FROM setup_token WHERE id = 1 AND used_at IS NULL FOR UPDATE`;
          const stored = rows[0]?.tokenHash;
          if (!stored || !timingSafeEqual(stored, sha256(token)) || (await hasOwner(tx))) return false;
          await createOwner();
          await tx.setupToken.update({ where: { id: 1 }, data: { usedAt: clock.now() } });
          return true;
        },
        { timeout: createOwnerTimeoutMs },
      );
    },
  };
}

export type SetupRepository = ReturnType<typeof createSetupRepository>;

async function hasOwner(prisma: Prisma.TransactionClient): Promise<boolean> {
  return (await prisma.member.findFirst({ where: { role: "owner" }, select: { userId: true } })) !== null;
}
