import { crc32 } from "node:zlib";
import { type Clock, ConfigError, newId, systemClock } from "@millrace/base";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { storedText } from "../stored-text.ts";
import { type ApiKeyScope, apiKeyScopes } from "./api-key-scopes.ts";
import { Conflict } from "./conflict.ts";
import { idRange } from "./id-range.ts";
import { NotFound } from "./not-found.ts";
import { type Page, type PageRequest, pageSize, toPage } from "./page.ts";
import { randomToken, toBase62 } from "./random-token.ts";
import { sha256 } from "./sha256.ts";

const keyBytes = 32;
const shortestKey = 20;
const touchIntervalMs = 60_000;

export type ApiKey = {
  id: string;
  name: string;
  /** The key's first characters. */
  hint: string;
  scopes: ApiKeyScope[];
  createdBy: string | null;
  createdAt: Date;
  /** To the minute. */
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
};

export type NewApiKey = {
  workspaceId: string;
  name: string;
  scopes: readonly ApiKeyScope[];
  expiresAt?: Date | undefined;
  createdBy: string | null;
};

export function createApiKeyRepository(prisma: PrismaClient, clock: Clock = systemClock) {
  return {
    /** `plain` is shown once: only its hash is stored. */
    async create({ workspaceId, name, scopes, expiresAt, createdBy }: NewApiKey): Promise<ApiKey & { plain: string }> {
      const plain = newPlainKey();
      const row = await prisma.apiKey.create({
        data: {
          ...identityOf(plain, "mlr_0000".length),
          id: newId("apiKey"),
          workspaceId,
          name: storedText(name),
          scopes: [...scopes],
          createdBy,
          expiresAt: expiresAt ?? null,
        },
        select: shown,
      });
      return { ...present(row), plain };
    },

    /** Who bears this key; undefined if it is unknown, revoked or expired. Not scoped: the key names the workspace. */
    async findByKey(plain: string): Promise<{ id: string; workspaceId: string; scopes: ApiKeyScope[] } | undefined> {
      const now = clock.now();
      const row = await prisma.apiKey.findUnique({
        where: { keyHash: sha256(plain) },
        select: { id: true, workspaceId: true, scopes: true, lastUsedAt: true, expiresAt: true, revokedAt: true },
      });
      if (!row || row.revokedAt || (row.expiresAt && row.expiresAt <= now)) return undefined;
      await touch(prisma, row, now);
      return { id: row.id, workspaceId: row.workspaceId, scopes: knownScopes(row.scopes) };
    },

    /**
     * Stores a key that the operator chose (MILLRACE_API_KEY), with all scopes. One that a person revoked stays revoked.
     * Throws ConfigError if it is shorter than 20 characters, Conflict if it belongs to another workspace.
     */
    async ensure({ workspaceId, plain }: { workspaceId: string; plain: string }): Promise<ApiKey> {
      if (plain.length < shortestKey) {
        throw new ConfigError(
          `MILLRACE_API_KEY: expected at least ${shortestKey} characters. Example: mlr_ and 40 random ones.`,
        );
      }
      const identity = identityOf(plain, 4);
      const scopes = [...apiKeyScopes];
      await prisma.apiKey.createMany({
        data: [{ ...identity, id: newId("apiKey"), workspaceId, name: "MILLRACE_API_KEY", scopes }],
        skipDuplicates: true,
      });
      const where = { keyHash: identity.keyHash, workspaceId };
      await prisma.apiKey.updateMany({ where, data: { scopes } });
      const row = await prisma.apiKey.findFirst({ where, select: shown });
      if (!row) throw new Conflict("This API key belongs to another workspace. Choose another one.");
      return present(row);
    },

    /** Newest first, revoked ones included. */
    async list({ workspaceId, cursor, limit }: PageRequest & { workspaceId: string }): Promise<Page<ApiKey>> {
      const size = pageSize(limit);
      const rows = await prisma.apiKey.findMany({
        where: { workspaceId, id: idRange("apiKey", { cursor }) },
        orderBy: { id: "desc" },
        take: size + 1,
        select: shown,
      });
      return toPage(rows, size, present, (row) => row.id);
    },

    async revoke(workspaceId: string, id: string): Promise<void> {
      const where = { id, workspaceId };
      await prisma.apiKey.updateMany({ where: { ...where, revokedAt: null }, data: { revokedAt: clock.now() } });
      if ((await prisma.apiKey.count({ where })) === 0) throw new NotFound("API key", id);
    },
  };
}

export type ApiKeyRepository = ReturnType<typeof createApiKeyRepository>;

const shown = {
  ...{ id: true, name: true, hint: true, scopes: true, createdBy: true, createdAt: true },
  ...{ lastUsedAt: true, expiresAt: true, revokedAt: true },
} as const satisfies Prisma.ApiKeySelect;

function present(row: Prisma.ApiKeyGetPayload<{ select: typeof shown }>): ApiKey {
  return { ...row, scopes: knownScopes(row.scopes) };
}

/** `mlr_`, 43 random characters, and 6 of checksum, by which secret scanners tell a real key from a look-alike. */
function newPlainKey(): string {
  const body = `mlr_${randomToken(keyBytes)}`;
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return `${body}${toBase62(checksum)}`;
}

function identityOf(plain: string, hintLength: number): { hint: string; keyHash: Uint8Array<ArrayBuffer> } {
  return { hint: plain.slice(0, hintLength), keyHash: sha256(plain) };
}

function knownScopes(stored: readonly string[]): ApiKeyScope[] {
  return apiKeyScopes.filter((scope) => stored.includes(scope));
}

/** At most once a minute, however many requests a key makes. */
async function touch(prisma: PrismaClient, key: { id: string; lastUsedAt: Date | null }, now: Date): Promise<void> {
  const due = new Date(now.getTime() - touchIntervalMs);
  if (key.lastUsedAt && key.lastUsedAt > due) return;
  await prisma.apiKey.updateMany({
    where: { id: key.id, OR: [{ lastUsedAt: null }, { lastUsedAt: { lte: due } }] },
    data: { lastUsedAt: now },
  });
}
