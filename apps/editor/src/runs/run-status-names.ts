import type { RunSummary } from "@millrace/contract";

export const runStatusNames = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "canceled",
  "needs_review",
] as const satisfies readonly RunSummary["status"][];
