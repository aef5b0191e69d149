import { type WebhookTrigger, webhookDefaults } from "@millrace/automation";
import { type Automation, type DeliveryDetail, NotFound } from "@millrace/db";
import type { RunEvent } from "@millrace/engine";
import { compileTriggerRules } from "../ingress/trigger-rules.ts";
import { packingFault, unpackBody } from "../ingress/unpack-body.ts";
import { HttpProblem } from "../middleware/http-problem.ts";
import type { ApiServices } from "./services.ts";
import { requirePublished, startOnEvent } from "./start-run.ts";

type ReplayServices = Pick<
  ApiServices,
  "automations" | "versions" | "deliveries" | "runs" | "intake" | "doorbell" | "live" | "clock"
>;

/**
 * Runs the published version on what a delivery brought, as it came. The trigger's filter, dedupe and verification are not
 * asked: somebody has looked at the request and wants this run. The run gets a copy of the event, so that neither's
 * retention takes it from the other. Throws NotFound and HttpProblem.
 */
export async function replayDelivery(
  services: ReplayServices,
  workspaceId: string,
  deliveryId: string,
): Promise<string> {
  const delivery = await services.deliveries.get(workspaceId, deliveryId);
  const problem = replayProblem(delivery);
  if (problem !== null) throw notReplayable(problem);
  const automation = await unlessGone(
    () => services.automations.get(workspaceId, delivery.automationId),
    "The automation that this delivery came to was deleted.",
  );
  const trigger = await publishedTrigger(services, automation);
  const { id: _, ...event } = delivery.event ?? (await firstEvent(services, workspaceId, delivery));
  const body = await unpacked(delivery, event, trigger);
  const replayed = { ...event, body };
  return startOnEvent(services, automation, {
    event: replayed,
    replay: { deliveryId, orderKey: orderKeyOf(trigger, replayed) },
  });
}

/** Why a delivery itself can't be replayed, for people; null where it can, as far as it can tell. */
export function replayProblem(delivery: DeliveryDetail): string | null {
  const { verdict, event, eventId } = delivery;
  if (verdict === "handshake") return "The sender only asked whether the URL is ours: there is nothing to run.";
  if (event) return isWhole(delivery, event) ? null : "Its body was not kept whole. Ask the sender to send it again.";
  // A duplicate with the first one's body has no request of its own.
  return verdict === "duplicate" && eventId === null ? null : gone;
}

const gone = "What it brought is no longer stored.";
const notReplayable = (detail: string) => new HttpProblem(409, "not_replayable", detail);

/** A refused body may not have been read, or not to its end. What was packed and is stored unpacked has another length. */
function isWhole({ verdict, sizeBytes }: DeliveryDetail, { headers, body }: RunEvent): boolean {
  const keptBytes = body.byteLength;
  if (keptBytes < sizeBytes) return false;
  if (verdict !== "rejected") return true;
  if (keptBytes === 0 && headerOf(headers, "transfer-encoding") !== undefined) return false;
  const announcedBytes = Number(headerOf(headers, "content-length") ?? 0);
  const isPacked = headerOf(headers, "content-encoding") !== undefined;
  return isPacked ? announcedBytes === 0 || keptBytes > 0 : keptBytes >= announcedBytes;
}

function headerOf(headers: RunEvent["headers"], wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Of a duplicate that had the first one's body, nothing more was kept. */
async function firstEvent({ runs }: ReplayServices, workspaceId: string, { runId }: DeliveryDetail): Promise<RunEvent> {
  const first = await unlessGone(() => runs.get(workspaceId, runId ?? ""), gone);
  if (!first.event) throw notReplayable(gone);
  return first.event;
}

async function unlessGone<Found>(read: () => Promise<Found>, detail: string): Promise<Found> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NotFound) throw notReplayable(detail);
    throw error;
  }
}

/** Undefined where the published version is not started by a webhook. */
async function publishedTrigger(
  { versions }: ReplayServices,
  automation: Automation,
): Promise<WebhookTrigger | undefined> {
  const { versionId } = requirePublished(automation);
  const { trigger } = (await versions.getDefinition(automation.workspaceId, versionId)).definition;
  return trigger.type === "webhook" ? trigger : undefined;
}

/** A request that was refused before it was unpacked is stored packed; a later refusal stored it unpacked. */
async function unpacked(
  { verdict }: DeliveryDetail,
  { headers, body }: Omit<RunEvent, "id">,
  trigger: WebhookTrigger | undefined,
): Promise<Uint8Array> {
  if (verdict !== "rejected") return body;
  const bytes = trigger?.maxBodyBytes ?? webhookDefaults.maxBodyBytes;
  const encoding = headerOf(headers, "content-encoding");
  const fault = packingFault(encoding);
  if (fault) throw notReplayable(fault.reason);
  const read = await unpackBody(Buffer.from(body), encoding, { bytes, take: () => true });
  if (read.ok) return read.body;
  if (read.status === 400) return body;
  throw notReplayable(read.reason);
}

/** Its place in the line of its key, as if it had come now. */
function orderKeyOf(trigger: WebhookTrigger | undefined, event: Omit<RunEvent, "id">): string | null {
  if (trigger?.order === undefined) return null;
  const verdict = compileTriggerRules({ type: "webhook", order: trigger.order })(event, undefined);
  if (verdict.kind === "accepted") return verdict.keys.orderKey;
  throw notReplayable(verdict.reason);
}
