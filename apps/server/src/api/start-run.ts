import type { Json } from "@millrace/base";
import type { Automation } from "@millrace/db";
import { HttpProblem } from "../middleware/http-problem.ts";
import type { ApiServices } from "./services.ts";

type StartServices = Pick<ApiServices, "intake" | "doorbell" | "live" | "clock">;

/** Runs the published version on an event that looks as if the body had been posted to the webhook. */
export async function startRun(
  services: StartServices,
  automation: Automation,
  body: Json | undefined,
): Promise<string> {
  const { workspaceId, id: automationId, published } = automation;
  if (!published)
    throw new HttpProblem(409, "not_published", "Publish this automation first: runs use the published version.");
  const receivedAt = services.clock.now();
  const { runId } = await services.intake.start({
    workspaceId,
    automationId,
    versionId: published.versionId,
    event: {
      method: "POST",
      query: "",
      headers: body === undefined ? [] : [["content-type", "application/json"]],
      contentType: body === undefined ? null : "application/json",
      body: new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body)),
      receivedAt,
    },
  });
  services.live.publish({
    type: "run.queued",
    workspaceId,
    automationId,
    runId,
    status: "queued",
    at: receivedAt.toISOString(),
  });
  await services.doorbell.ring(workspaceId, [runId]);
  return runId;
}
