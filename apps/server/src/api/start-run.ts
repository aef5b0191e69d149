import type { Json } from "@millrace/base";
import type { Automation } from "@millrace/db";
import type { Intake } from "@millrace/engine";
import { HttpProblem } from "../middleware/http-problem.ts";
import type { ApiServices } from "./services.ts";

type StartServices = Pick<ApiServices, "intake" | "doorbell" | "live" | "clock">;
type Start = Parameters<Intake["start"]>[0];

/** Runs the published version on an event that looks as if the body had been posted to the webhook. */
export async function startRun(
  services: StartServices,
  automation: Automation,
  body: Json | undefined,
): Promise<string> {
  return startOnEvent(services, automation, {
    event: {
      method: "POST",
      query: "",
      headers: body === undefined ? [] : [["content-type", "application/json"]],
      contentType: body === undefined ? null : "application/json",
      body: new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body)),
      receivedAt: services.clock.now(),
    },
  });
}

/** Runs the published version, tells those who watch, and rings. */
export async function startOnEvent(
  { intake, live, doorbell, clock }: StartServices,
  automation: Automation,
  start: Pick<Start, "event" | "replay">,
): Promise<string> {
  const { workspaceId, id: automationId } = automation;
  const { versionId } = requirePublished(automation);
  const { runId } = await intake.start({ workspaceId, automationId, versionId, ...start });
  const at = clock.now().toISOString();
  live.publish({ type: "run.queued", workspaceId, automationId, runId, status: "queued", at });
  await doorbell.ring(workspaceId, [runId]);
  return runId;
}

export function requirePublished({ published }: Automation): NonNullable<Automation["published"]> {
  if (published) return published;
  throw new HttpProblem(409, "not_published", "Publish this automation first: runs use the published version.");
}
