import type { FailureRecord } from "@millrace/base";
import type { Prisma } from "../generated/client.ts";
import type { ConnectionField } from "./connection-fields.ts";
import { readJson } from "./json-column.ts";

/** The outcome of the last check of a credential. */
export type ConnectionHealth =
  | { status: "unknown" }
  | { status: "ok"; account: string | null; checkedAt: Date }
  | { status: "failing"; failure: FailureRecord; checkedAt: Date };

/** A connection as everybody may see it: no secret in it. */
export type Connection = {
  id: string;
  connectorId: string;
  name: string;
  /** Rises with each new credential. */
  version: number;
  fields: Record<string, ConnectionField>;
  health: ConnectionHealth;
  /** To the minute. */
  lastUsedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
};

/** The columns without the sealed one, so that what lists and shows connections never reads it. */
export const shownColumns = {
  ...{ id: true, connectorId: true, name: true, version: true, fieldsJson: true, lastUsedAt: true },
  ...{ health: true, healthJson: true, checkedAt: true, createdAt: true, updatedAt: true },
} as const satisfies Prisma.ConnectionSelect;

type ShownRow = Prisma.ConnectionGetPayload<{ select: typeof shownColumns }>;

export function presentConnection(row: ShownRow): Connection {
  const { id, connectorId, name, version, lastUsedAt, createdAt, updatedAt } = row;
  return {
    ...{ id, connectorId, name, version, lastUsedAt, createdAt, updatedAt },
    fields: readJson(row.fieldsJson),
    health: healthOf(row),
  };
}

function healthOf({ health, healthJson, checkedAt }: ShownRow): ConnectionHealth {
  if (!checkedAt || healthJson === null) return { status: "unknown" };
  if (health === "ok") return { status: "ok", ...readJson<{ account: string | null }>(healthJson), checkedAt };
  if (health === "failing") return { status: "failing", failure: readJson<FailureRecord>(healthJson), checkedAt };
  return { status: "unknown" };
}
