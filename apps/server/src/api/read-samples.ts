import { walkSteps } from "@millrace/automation";
import type { Json } from "@millrace/base";
import type { Samples } from "@millrace/contract";
import type { Automation } from "@millrace/db";
import { presentSampleTrigger } from "../present/event.ts";
import { sampleBody } from "../present/sample-body.ts";
import type { ApiServices } from "./services.ts";

const shownDeliveries = 5;

type SampleServices = Pick<ApiServices, "deliveries" | "runs" | "registry" | "clock">;

/** What mappings can be previewed with: requests that came, what steps gave last, and examples where nothing has run yet. */
export async function readSamples(
  services: SampleServices,
  workspaceId: string,
  automation: Automation,
): Promise<Samples> {
  const [triggers, recorded] = await Promise.all([
    readTriggers(services, workspaceId, automation),
    readLatestOutputs(services, workspaceId, automation.id),
  ]);
  const steps: Record<string, Json> = {};
  const stepSources: Samples["stepSources"] = {};
  for (const { step } of walkSteps(automation.draft.steps)) {
    const output = recorded.outputs.get(step.id);
    const example = "action" in step ? services.registry.findAction(step.action)?.example.output : undefined;
    const value = output ?? example;
    if (value === undefined) continue;
    steps[step.id] = value;
    stepSources[step.id] = output === undefined ? "example" : "run";
  }
  return { triggers, steps, stepSources, runId: recorded.runId };
}

async function readTriggers(
  services: SampleServices,
  workspaceId: string,
  automation: Automation,
): Promise<Samples["triggers"]> {
  const page = await services.deliveries.list({ workspaceId, automationId: automation.id, limit: shownDeliveries });
  const deliveries = await Promise.all(page.items.map(({ id }) => services.deliveries.get(workspaceId, id)));
  const received = deliveries.flatMap(({ id, event, method, receivedAt }): Samples["triggers"] => {
    if (!event) return [];
    const at = receivedAt.toISOString();
    return [
      { id, source: "delivery", label: `${method} at ${at}`, receivedAt: at, trigger: presentSampleTrigger(event) },
    ];
  });
  if (received.length > 0) return received;
  const trigger = {
    method: "POST",
    headers: { "content-type": "application/json" },
    query: {},
    body: sampleBody(automation.draft),
    receivedAt: services.clock.now().toISOString(),
  };
  return [{ id: "example", source: "example", label: "Example", receivedAt: null, trigger }];
}

async function readLatestOutputs({ runs }: SampleServices, workspaceId: string, automationId: string) {
  const outputs = new Map<string, Json>();
  const { items } = await runs.list({ workspaceId, automationId, limit: 1 });
  const [latest] = items;
  if (!latest) return { runId: null, outputs };
  const run = await runs.get(workspaceId, latest.id);
  for (const { stepId, status, output } of run.steps) {
    if (status === "succeeded" && output !== undefined) outputs.set(stepId, output);
  }
  return { runId: outputs.size > 0 ? run.id : null, outputs };
}
