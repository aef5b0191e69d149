import type { Definition, RunStatus, Trigger } from "@millrace/automation";
import type { Clock } from "@millrace/base";
import { Prisma, type PrismaClient } from "../generated/client.ts";
import { type DayActivity, readActivity } from "./automation-activity.ts";
import { InvalidCursor } from "./invalid-cursor.ts";
import { readJson } from "./json-column.ts";
import { type Page, type PageRequest, pageSize, toPage } from "./page.ts";

export type AutomationSummary = {
  id: string;
  name: string;
  enabled: boolean;
  /** The published version's; before there is one, the draft's. */
  triggerType: Trigger["type"];
  publishedNumber: number | null;
  hasUnpublishedChanges: boolean;
  lastRun: { id: string; status: RunStatus; at: Date } | null;
  /** The last seven days (UTC), oldest first, today included. */
  activity: DayActivity[];
  createdAt: Date;
  updatedAt: Date;
};

type Row = {
  id: string;
  name: string;
  enabled: boolean;
  createdAt: Date;
  updatedAt: Date;
  publishedNumber: number | null;
  definitionJson: string;
  hasUnpublishedChanges: boolean;
  lastRunId: string | null;
  lastRunStatus: RunStatus | null;
  lastRunAt: Date | null;
};

/** Those that were changed last come first. */
export function listAutomations(prisma: PrismaClient, clock: Clock) {
  return async (request: PageRequest & { workspaceId: string }): Promise<Page<AutomationSummary>> => {
    const { workspaceId, cursor, limit } = request;
    const size = pageSize(limit);
    const rows = await readRows(prisma, workspaceId, cursor, size + 1);
    const ids = rows.slice(0, size).map((row) => row.id);
    const activity = await readActivity(prisma, workspaceId, ids, clock.now());
    return toPage(rows, size, (row) => present(row, activity(row.id)), cursorOf);
  };
}

/** Each last run is one step into the index of its automation, so the page costs the same at a million runs. */
async function readRows(prisma: PrismaClient, workspaceId: string, cursor: string | undefined, limit: number) {
  return prisma.$queryRaw<Row[]>`
    SELECT a.id, a.name, a.enabled, a.created_at AS "createdAt", a.updated_at AS "updatedAt",
           v.number AS "publishedNumber", coalesce(v.definition_json, a.draft_json) AS "definitionJson",
           v.definition_json IS DISTINCT FROM a.draft_json AS "hasUnpublishedChanges",
           r.id AS "lastRunId", r.status AS "lastRunStatus", r.queued_at AS "lastRunAt"
    FROM (
      SELECT * FROM automations
      WHERE workspace_id = ${workspaceId} AND deleted_at IS NULL ${after(cursor)}
      ORDER BY updated_at DESC, id DESC LIMIT ${limit}
    ) a
    LEFT JOIN versions v ON v.id = a.published_version_id AND v.workspace_id = ${workspaceId}
    LEFT JOIN LATERAL (
      SELECT id, status, queued_at FROM runs
      WHERE automation_id = a.id AND workspace_id = ${workspaceId} ORDER BY id DESC LIMIT 1
    ) r ON true
    ORDER BY a.updated_at DESC, a.id DESC`;
}

function cursorOf({ updatedAt, id }: Row): string {
  return Buffer.from(`${updatedAt.toISOString()} ${id}`).toString("base64url");
}

function after(cursor: string | undefined): Prisma.Sql {
  if (cursor === undefined) return Prisma.empty;
  const match = /^(\d{4}-\d\d-\d\dT[\d:.]{12}Z) (atm_[0-9a-z]{26})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match || Number.isNaN(Date.parse(match[1] ?? ""))) throw new InvalidCursor();
  return Prisma.sql`AND (updated_at, id) < (${match[1]}::timestamptz, ${match[2]})`;
}

function present(row: Row, activity: DayActivity[]): AutomationSummary {
  const { id, name, enabled, publishedNumber, hasUnpublishedChanges, createdAt, updatedAt } = row;
  const { lastRunId, lastRunStatus, lastRunAt } = row;
  return {
    ...{ id, name, enabled, publishedNumber, hasUnpublishedChanges, createdAt, updatedAt, activity },
    triggerType: readJson<Definition>(row.definitionJson).trigger.type,
    lastRun: lastRunId && lastRunStatus && lastRunAt ? { id: lastRunId, status: lastRunStatus, at: lastRunAt } : null,
  };
}
