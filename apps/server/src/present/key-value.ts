import type { KeyValueEntry, KeyValueSummary } from "@millrace/contract";
import type { KeyValueEntry as StoredEntry, KeyValueSummary as StoredSummary } from "@millrace/db";

export function presentEntry(entry: StoredEntry): KeyValueEntry {
  return { ...presentFacts(entry), value: entry.value };
}

export function presentEntrySummary(entry: StoredSummary): KeyValueSummary {
  const { sizeBytes, value } = entry;
  return { ...presentFacts(entry), sizeBytes, ...(value === undefined ? {} : { value }) };
}

function presentFacts({ key, version, expiresAt, createdAt, updatedAt, updatedByRunId }: Omit<StoredEntry, "value">) {
  return {
    key,
    version,
    expiresAt: expiresAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    updatedByRunId,
  };
}
