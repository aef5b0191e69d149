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
  /** The automation's URL before any rotation: dedupe keys and the rate limit are its. */
  originEndpointId: string;
  workspaceId: string;
  automationId: string;
  enabled: boolean;
  /** Null until the automation is published for the first time. */
  versionId: string | null;
  /** Of the published version; of the draft while there is none. */
  trigger: Trigger | null;
  /** Why the URL no longer works, and since when; null while it does. */
  gone: { why: "replaced" | "deleted"; since: Date } | null;
};

type EndpointRow = Omit<FoundEndpoint, "trigger" | "gone"> & {
  draftJson: string | null;
  expiresAt: Date | null;
  deletedAt: Date | null;
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
    /** Not scoped: the token names the workspace. Undefined if nobody ever had it. */
    async findByToken(plainToken: string): Promise<FoundEndpoint | undefined> {
      if (!tokenPattern.test(plainToken)) return undefined;
      const { rows } = await pool.query<EndpointRow>(
        `SELECT e.id AS "endpointId", COALESCE(e.origin_endpoint_id, e.id) AS "originEndpointId", e.workspace_id AS "workspaceId", e.automation_id AS "automationId",
                a.enabled, a.published_version_id AS "versionId",
                CASE WHEN a.published_version_id IS NULL THEN a.draft_json END AS "draftJson",
                e.expires_at AS "expiresAt", a.deleted_at AS "deletedAt"
         FROM endpoints e
         JOIN automations a ON a.id = e.automation_id AND a.workspace_id = e.workspace_id
         WHERE e.token_hash = $1`,
        [sha256(plainToken)],
      );
      const [row] = rows;
      if (!row) return undefined;
      const { draftJson, expiresAt, deletedAt, ...rest } = row;
      const found = { ...rest, gone: goneOf(expiresAt, deletedAt, clock.now()) };
      if (draftJson !== null) return { ...found, trigger: readJson<Definition>(draftJson).trigger };
      return { ...found, trigger: found.versionId ? await triggerOf(found.workspaceId, found.versionId) : null };
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
        const before = await tx.endpoint.findFirst({
          where: { workspaceId, automationId, expiresAt: null },
          orderBy: { id: "desc" },
        });
        await tx.endpoint.updateMany({
          where: { workspaceId, automationId, expiresAt: null },
          data: { expiresAt: previousExpiresAt },
        });
        const { token, row } = mintEndpoint(vault, workspaceId, automationId);
        // A provider repeats at the new URL what it had sent to the old one.
        await tx.endpoint.create({
          data: { ...row, originEndpointId: before && (before.originEndpointId ?? before.id) },
        });
        return { endpointId: row.id, token, previousExpiresAt };
      });
    },
  };
}

export type EndpointRepository = ReturnType<typeof createEndpointRepository>;

function goneOf(expiresAt: Date | null, deletedAt: Date | null, now: Date): FoundEndpoint["gone"] {
  if (deletedAt !== null) return { why: "deleted", since: deletedAt };
  return expiresAt !== null && expiresAt <= now ? { why: "replaced", since: expiresAt } : null;
}

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
