import { newId } from "@millrace/base";
import type { AcceptRequest, ClaimedRun, Intake, JournalCommit, RunStore, StepRecord } from "@millrace/engine";

/** A request as tests send it, of a workspace and an endpoint of its own unless given. */
export function sampleRequest(parts: Partial<Omit<AcceptRequest, "event">> & { body?: string } = {}): AcceptRequest {
  const { body = '{"name":"Ada"}', ...given } = parts;
  return {
    workspaceId: newId("workspace"),
    automationId: newId("automation"),
    versionId: newId("version"),
    endpointId: newId("endpoint"),
    sourceIp: "127.0.0.1",
    dedupeKey: null,
    event: {
      method: "POST",
      query: "",
      headers: [["content-type", "application/json"]],
      contentType: "application/json",
      body: Buffer.from(body),
      receivedAt: new Date(),
    },
    ...given,
  };
}

export const sampleWorker = "worker_1";

/** A fresh run under the lease of `workerId`. */
export async function claimSample(
  intake: Intake,
  store: RunStore,
  {
    workerId = sampleWorker,
    leaseMs = 60_000,
    ...request
  }: Partial<Omit<AcceptRequest, "event">> & { workerId?: string; leaseMs?: number } = {},
): Promise<ClaimedRun> {
  const { runId } = await intake.accept(sampleRequest(request));
  const [run] = await store.claim({ workerId, leaseMs, limit: 1, runIds: [runId] });
  if (run === undefined) throw new Error("The sample run could not be claimed.");
  return run;
}

export const sampleRecord = (path: string, parts: Partial<StepRecord> = {}): StepRecord => ({
  path,
  stepId: path,
  kind: "action",
  action: "keyvalue.set",
  status: "succeeded",
  attempts: [],
  startedAt: new Date("2026-11-21T10:00:00.000Z"),
  finishedAt: new Date("2026-11-21T10:00:01.000Z"),
  ...parts,
});

/** A commit as the worker that holds `run` makes it. */
export const commitOf = (run: ClaimedRun, parts: Partial<JournalCommit> = {}): JournalCommit => ({
  runId: run.id,
  workspaceId: run.workspaceId,
  workerId: sampleWorker,
  fence: run.fence,
  records: [],
  ...parts,
});
