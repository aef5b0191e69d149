import type { Definition, Trigger } from "@millrace/automation";
import { type Clock, systemClock } from "@millrace/base";
import type { Vault } from "@millrace/vault";
import type pg from "pg";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { readJson } from "./json-column.ts";
import { NotFound } from "./not-found.ts";
import { sha256 } from "./sha256.ts";
import { mintEndpoint, openToken } from "./webhook-endpoint.ts";

const tokenPattern = /^[0-9A-Za-z]{22,64}$/;
const keptTriggers = 1_000;

/** What ingress needs to know about the URL that was called. */
export type FoundEndpoint = {
  endpointId: string;
  workspaceId: string;
  automationId: string;
  enabled: boolean;
  /** Null until the automation is published for the first time. */
  versionId: string | null;
  trigger: Trigger | null;
};

export type RotatedEndpoint = { endpointId: string; token: string; previousExpiresAt: Date };

/** What ingress asks goes past Prisma: it comes with every start, and an ingress then loads no query engine at all. */
export function createEndpointRepository(
  { prisma, pool }: { prisma: PrismaClient; pool: pg.Pool },
  vault: Vault,
  clock: Clock = systemClock,
) {
  const triggerOf = createTriggerReader(pool);
  return {
    /** Not scoped: the token names the workspace. Undefined if nobody has it, it expired, or its automation was removed. */
    async findByToken(plainToken: string): Promise<FoundEndpoint | undefined> {
      if (!tokenPattern.test(plainToken)) return undefined;
      const { rows } = await pool.query<Omit<FoundEndpoint, "trigger">>(
        `SELECT e.id AS "endpointId", e.workspace_id AS "workspaceId", e.automation_id AS "automationId",
                a.enabled, a.published_version_id AS "versionId"
         FROM endpoints e
         JOIN automations a ON a.id = e.automation_id AND a.workspace_id = e.workspace_id AND a.deleted_at IS NULL
         WHERE e.token_hash = $1 AND (e.expires_at IS NULL OR e.expires_at > $2)`,
        [sha256(plainToken), clock.now()],
      );
      const [found] = rows;
      return (
        found && { ...found, trigger: found.versionId ? await triggerOf(found.workspaceId, found.versionId) : null }
      );
    },

    /** The token of the automation's URL, to be shown to the people of its workspace. Throws NotFound. */
    async getWebhookToken(workspaceId: string, automationId: string): Promise<string> {
      const row = await prisma.endpoint.findFirst({
        where: { workspaceId, automationId, expiresAt: null },
        orderBy: { id: "desc" },
      });
      if (!row) throw new NotFound("webhook URL of automation", automationId);
      return openToken(vault, row);
    },

    /** A new URL; the one before works for `overlapMs` longer. Throws NotFound. */
    async rotateEndpoint(rotation: {
      workspaceId: string;
      automationId: string;
      overlapMs: number;
    }): Promise<RotatedEndpoint> {
      const { workspaceId, automationId, overlapMs } = rotation;
      const previousExpiresAt = new Date(clock.now().getTime() + overlapMs);
      return prisma.$transaction(async (tx) => {
        await lockAutomation(tx, workspaceId, automationId);
        await tx.endpoint.updateMany({
          where: { workspaceId, automationId, expiresAt: null },
          data: { expiresAt: previousExpiresAt },
        });
        const { token, row } = mintEndpoint(vault, workspaceId, automationId);
        await tx.endpoint.create({ data: row });
        return { endpointId: row.id, token, previousExpiresAt };
      });
    },
  };
}

export type EndpointRepository = ReturnType<typeof createEndpointRepository>;

/** Two rotations at once would leave two URLs that never expire. */
async function lockAutomation(tx: Prisma.TransactionClient, workspaceId: string, automationId: string): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM automations
    WHERE id = ${automationId} AND workspace_id = ${workspaceId} AND deleted_at IS NULL FOR UPDATE`;
  if (rows.length === 0) throw new NotFound("automation", automationId);
}

/** A version never changes, so its trigger is read once; a definition may have 256 KiB and ingress asks for each request. */
function createTriggerReader(pool: pg.Pool) {
  const kept = new Map<string, Trigger>();
  return async (workspaceId: string, versionId: string): Promise<Trigger | null> => {
    const key = `${workspaceId}/${versionId}`;
    const known = kept.get(key);
    if (known) return known;
    const { rows } = await pool.query<{ definition_json: string }>(
      "SELECT definition_json FROM versions WHERE id = $1 AND workspace_id = $2",
      [versionId, workspaceId],
    );
    const [version] = rows;
    if (!version) return null;
    const { trigger } = readJson<Definition>(version.definition_json);
    const oldest = kept.keys().next().value;
    if (kept.size >= keptTriggers && oldest !== undefined) kept.delete(oldest);
    kept.set(key, trigger);
    return trigger;
  };
}
