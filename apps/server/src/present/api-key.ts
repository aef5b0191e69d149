import type { ApiKey } from "@millrace/contract";
import type { ApiKey as StoredApiKey } from "@millrace/db";

export function presentApiKey({ id, name, hint, scopes, ...times }: StoredApiKey): ApiKey {
  return {
    id,
    name,
    hint,
    scopes,
    createdAt: times.createdAt.toISOString(),
    lastUsedAt: times.lastUsedAt?.toISOString() ?? null,
    expiresAt: times.expiresAt?.toISOString() ?? null,
    revokedAt: times.revokedAt?.toISOString() ?? null,
  };
}
