import { endpoints } from "@millrace/contract";
import { presentRun, presentRunSummary } from "../../present/run.ts";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

export function runRoutes({ route }: Routes, services: ApiServices): void {
  const { runs, runControl, doorbell, live, clock, publicUrl } = services;

  route(endpoints.runs.list, async ({ input, caller }) => {
    const { status, since, until, ...rest } = input;
    const page = await runs.list({
      ...rest,
      workspaceId: caller.workspaceId,
      status: status === undefined ? undefined : [status],
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    });
    const now = clock.now();
    return { ...page, items: page.items.map((run) => presentRunSummary(run, now)) };
  });

  route(endpoints.runs.get, async ({ input, caller }) =>
    presentRun(await runs.get(caller.workspaceId, input.runId), { now: clock.now(), publicUrl }),
  );

  route(endpoints.runs.retry, async ({ input, caller }) => {
    const { workspaceId } = caller;
    const { runId, automationId } = await runControl.retry(workspaceId, input.runId);
    const at = clock.now().toISOString();
    live.publish({ type: "run.queued", workspaceId, automationId, runId, status: "queued", at });
    await doorbell.ring(workspaceId, [runId]);
    return { runId };
  });

  route(endpoints.runs.cancel, async ({ input, caller }) => {
    const { workspaceId, actor } = caller;
    const who = actor.kind === "user" ? actor.user.name : "An API key";
    const { runId } = input;
    const { automationId, next } = await runControl.cancel(workspaceId, runId, `${who} canceled this run.`);
    const at = clock.now().toISOString();
    live.publish({ type: "run.changed", workspaceId, automationId, runId, status: "canceled", at });
    if (next !== undefined) await doorbell.ring(workspaceId, [next]);
    return { runId, status: "canceled" as const };
  });
}
