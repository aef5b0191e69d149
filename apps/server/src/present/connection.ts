import type { Connection, ConnectionSummary } from "@millrace/contract";
import type { ConnectionUse, Connection as StoredConnection } from "@millrace/db";
import { presentFailure } from "./failure.ts";

/** Field by field: a value leaves only where the connector says that it is no secret. */
export function presentConnection(connection: StoredConnection): ConnectionSummary {
  const { health } = connection;
  return {
    id: connection.id,
    connector: connection.connectorId,
    name: connection.name,
    fields: Object.entries(connection.fields).map(([name, { isSet, isSecret, hint, value }]) => ({
      name,
      isSet,
      isSecret,
      hint,
      value: isSecret ? null : (value ?? null),
    })),
    health: health.status,
    account: health.status === "ok" ? health.account : null,
    failure: health.status === "failing" ? presentFailure(health.failure) : null,
    checkedAt: health.status === "unknown" ? null : health.checkedAt.toISOString(),
    lastUsedAt: connection.lastUsedAt?.toISOString() ?? null,
    createdAt: connection.createdAt.toISOString(),
    updatedAt: connection.updatedAt.toISOString(),
  };
}

export function presentConnectionDetail(connection: StoredConnection, uses: readonly ConnectionUse[]): Connection {
  const usedBy = uses.map(({ automationId, name, inDraft, inPublished }) => ({
    id: automationId,
    name,
    inDraft,
    inPublished,
  }));
  return { ...presentConnection(connection), usedBy };
}
