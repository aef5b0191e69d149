import { Select } from "@mantine/core";
import type { RunSummary } from "@millrace/contract";
import { oneOf } from "../search-params.ts";
import { runStatusNames } from "./run-status-names.ts";

type Props = { value: RunSummary["status"] | undefined; onChange: (value: RunSummary["status"] | undefined) => void };

const labels: Record<RunSummary["status"], string> = {
  queued: "Queued",
  running: "Running",
  waiting: "Waiting",
  succeeded: "Succeeded",
  failed: "Failed",
  canceled: "Canceled",
  needs_review: "Needs review",
};

export function RunStatusFilter({ value, onChange }: Props) {
  return (
    <Select
      aria-label="Status"
      placeholder="Any status"
      data={runStatusNames.map((name) => ({ value: name, label: labels[name] }))}
      value={value ?? null}
      onChange={(next) => onChange(oneOf(runStatusNames, next))}
      clearable
      clearButtonProps={{ "aria-label": "Any status" }}
      w={160}
    />
  );
}
