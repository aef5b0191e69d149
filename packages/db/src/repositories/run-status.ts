import { type RunStatus, runStatuses } from "@millrace/automation";

export function toRunStatus(text: string): RunStatus {
  const status = runStatuses.find((known) => known === text);
  if (!status) throw new Error(`This release does not know the run status "${text}".`);
  return status;
}
