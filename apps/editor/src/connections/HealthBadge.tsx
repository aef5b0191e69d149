import type { ConnectionSummary } from "@millrace/contract";
import { StatusBadge } from "../shell/StatusBadge.tsx";

const statusOf = { ok: "healthy", failing: "failing", unknown: "unknown" } as const;

export function HealthBadge({ health, bare = false }: { health: ConnectionSummary["health"]; bare?: boolean }) {
  return <StatusBadge status={statusOf[health]} bare={bare} />;
}
