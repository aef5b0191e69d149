import type { Definition } from "@millrace/automation";
import { newId } from "@millrace/base";
import type { Versions } from "@millrace/engine";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { Conflict } from "./conflict.ts";
import { InvalidCursor } from "./invalid-cursor.ts";
import { readJson } from "./json-column.ts";
import { NotFound } from "./not-found.ts";
import { type Page, type PageRequest, pageSize, toPage } from "./page.ts";

export type VersionSummary = {
  id: string;
  automationId: string;
  number: number;
  /** A user's id; null where an API key or the first start published it. */
  publishedBy: string | null;
  publishedAt: Date;
};
export type Version = VersionSummary & { definition: Definition };

export type PublishRequest = {
  workspaceId: string;
  /** The automation's. */
  id: string;
  publishedBy: string | null;
  /** The revision that was checked: a draft that changed since then is not published unchecked. */
  expectedRevision?: number | undefined;
};

/** Published versions: made once, never changed. Also the engine's way to the definition that a run is pinned to. */
export function createVersionRepository(prisma: PrismaClient) {
  return {
    /**
     * Makes the draft the version that new runs take. A draft that equals the published version makes no new one
     * (`isNew` is false). Throws NotFound, or Conflict with the current revision.
     */
    async publish(request: PublishRequest): Promise<{ version: Version; isNew: boolean }> {
      return prisma.$transaction(async (tx) => {
        const draft = await lockDraft(tx, request);
        const published = draft.publishedVersionId
          ? await tx.version.findFirst({ where: { id: draft.publishedVersionId, workspaceId: request.workspaceId } })
          : null;
        if (published?.definitionJson === draft.draftJson) return { version: present(published), isNew: false };
        return { version: present(await addVersion(tx, request, draft.draftJson)), isNew: true };
      });
    },

    /** Newest first. Throws NotFound if there is no such automation. */
    async listVersions(
      request: PageRequest & { workspaceId: string; automationId: string },
    ): Promise<Page<VersionSummary>> {
      const { workspaceId, automationId, cursor, limit } = request;
      const size = pageSize(limit);
      const automation = { id: automationId, workspaceId, deletedAt: null };
      const rows = await prisma.version.findMany({
        where: {
          workspaceId,
          automationId,
          automation,
          ...(cursor !== undefined && { number: { lt: toNumber(cursor) } }),
        },
        orderBy: { number: "desc" },
        take: size + 1,
        select: { id: true, automationId: true, number: true, publishedBy: true, publishedAt: true },
      });
      if (rows.length === 0 && (await prisma.automation.count({ where: automation })) === 0) {
        throw new NotFound("automation", automationId);
      }
      return toPage(
        rows,
        size,
        (row) => row,
        (row) => String(row.number),
      );
    },

    async getVersion(workspaceId: string, automationId: string, number: number): Promise<Version> {
      const automation = { id: automationId, workspaceId, deletedAt: null };
      const row = await prisma.version.findFirst({ where: { workspaceId, automationId, number, automation } });
      if (!row) throw new NotFound(`version ${number} of automation`, automationId);
      return present(row);
    },

    /** Also of a removed automation, whose accepted runs go on. */
    async getDefinition(workspaceId: string, versionId: string) {
      const row = await prisma.version.findFirst({
        where: { id: versionId, workspaceId },
        select: { definitionJson: true, automation: { select: { name: true } } },
      });
      if (!row) throw new NotFound("version", versionId);
      return { automationName: row.automation.name, definition: readJson<Definition>(row.definitionJson) };
    },
  } satisfies Versions & Record<string, unknown>;
}

export type VersionRepository = ReturnType<typeof createVersionRepository>;

type Draft = { draftJson: string; draftRevision: number; publishedVersionId: string | null };

/** Holds the row until the transaction ends, so that two publishers take turns and numbers have no gap. */
async function lockDraft(tx: Prisma.TransactionClient, request: PublishRequest): Promise<Draft> {
  const [draft] = await tx.$queryRaw<Draft[]>`
    SELECT draft_json AS "draftJson", draft_revision AS "draftRevision", published_version_id AS "publishedVersionId"
    FROM automations
    WHERE id = ${request.id} AND workspace_id = ${request.workspaceId} AND deleted_at IS NULL
    FOR UPDATE`;
  if (!draft) throw new NotFound("automation", request.id);
  if (request.expectedRevision !== undefined && request.expectedRevision !== draft.draftRevision) {
    throw new Conflict("The draft was changed after it was checked. Look at it again, then publish.", {
      currentRevision: draft.draftRevision,
    });
  }
  return draft;
}

async function addVersion(tx: Prisma.TransactionClient, request: PublishRequest, definitionJson: string) {
  const { workspaceId, id: automationId, publishedBy } = request;
  const { _max } = await tx.version.aggregate({ where: { workspaceId, automationId }, _max: { number: true } });
  const version = await tx.version.create({
    data: {
      id: newId("version"),
      ...{ workspaceId, automationId, definitionJson, publishedBy },
      number: (_max.number ?? 0) + 1,
    },
  });
  await tx.automation.updateMany({
    where: { id: automationId, workspaceId },
    data: { publishedVersionId: version.id, ...publishedSettings(readJson(definitionJson)) },
  });
  return version;
}

/** What statements on many automations need to know of a published definition without reading it. */
const publishedSettings = ({ concurrency, retention }: Definition) => ({
  concurrency: concurrency ?? null,
  retentionDays: retention?.days ?? null,
  retentionMegabytes: retention?.megabytes ?? null,
});

function present(row: Prisma.VersionGetPayload<object>): Version {
  const { id, automationId, number, publishedBy, publishedAt } = row;
  return { id, automationId, number, publishedBy, publishedAt, definition: readJson(row.definitionJson) };
}

function toNumber(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw new InvalidCursor();
  return Number(cursor);
}
