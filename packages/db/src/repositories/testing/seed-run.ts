import { lowestIdAt, newId } from "@millrace/base";
import type { Prisma, PrismaClient } from "../../generated/client.ts";

type RunColumns = Partial<Prisma.RunCreateManyInput>;

export type SeededRun = { runId: string; eventId: string; deliveryId: string };

/** A finished run with its event, delivery and one step record, as the engine would have left them. */
export async function seedRun(
  prisma: PrismaClient,
  { automationId, versionId, workspaceId }: { automationId: string; versionId: string; workspaceId: string },
  { at = new Date(), ...columns }: RunColumns & { at?: Date } = {},
): Promise<SeededRun> {
  const runId = columns.id ?? idAt("run", at);
  const eventId = idAt("event", at);
  const deliveryId = idAt("delivery", at);
  const received = { workspaceId, method: "POST", contentType: "application/json", receivedAt: at };
  const body = new Uint8Array(Buffer.from('{"name":"Ada"}'));
  await prisma.event.create({
    data: { id: eventId, ...received, query: "a=1", headersJson: '[["x-event-id","7"]]', body },
  });
  await prisma.delivery.create({
    data: {
      ...{ id: deliveryId, ...received, endpointId: newId("endpoint"), automationId, eventId, runId },
      ...{ verdict: "accepted", sizeBytes: body.length, answerStatus: 202, answerBody: `{"runId":"${runId}"}` },
    },
  });
  await prisma.run.create({
    data: {
      ...{ id: runId, workspaceId, automationId, versionId, eventId, deliveryId },
      ...{ triggerType: "webhook", status: "succeeded", originRunId: runId },
      ...{ queuedAt: at, startedAt: at, finishedAt: at },
      ...columns,
    },
  });
  await prisma.stepRecord.create({
    data: {
      ...{ runId, workspaceId, path: "save", position: 0, stepId: "save", kind: "action", action: "keyvalue.set" },
      ...{ status: "succeeded", inputJson: '{"key":"name"}', outputJson: "null", startedAt: at, finishedAt: at },
    },
  });
  return { runId, eventId, deliveryId };
}

/** An id as it would have been made then: that time's 10 leading characters, and the random rest of a new one. */
function idAt(kind: "run" | "event" | "delivery", at: Date): string {
  const low = lowestIdAt(kind, at);
  const fresh = newId(kind);
  return low.slice(0, -15) + fresh.slice(-15);
}
