import { newId } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { InvalidCursor } from "./invalid-cursor.ts";
import { NotFound } from "./not-found.ts";
import { openRepositories, type TestRepositories } from "./testing/open-repositories.ts";
import { seedRun } from "./testing/seed-run.ts";

let database: TestDatabase;
let repositories: TestRepositories;
let place: { workspaceId: string; automationId: string; versionId: string };
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
});
beforeEach(async () => {
  const workspaceId = await repositories.newWorkspace();
  place = { workspaceId, automationId: newId("automation"), versionId: newId("version") };
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const refuse = async (automationId = place.automationId): Promise<string> => {
  const id = newId("delivery");
  await repositories.prisma.delivery.create({
    data: {
      ...{ id, workspaceId: place.workspaceId, endpointId: newId("endpoint"), automationId, verdict: "rejected" },
      ...{ reason: "The body is larger than 1 MiB.", method: "POST", sizeBytes: 2_000_000, answerStatus: 413 },
      ...{ answerBody: "{}", receivedAt: new Date() },
    },
  });
  return id;
};

test("deliveries are listed newest first by automation, verdict and time, in pages", async () => {
  const day = 86_400_000;
  const old = await seedRun(repositories.prisma, place, { at: new Date(Date.now() - 2 * day) });
  const { deliveryId } = await seedRun(repositories.prisma, place);
  const elsewhere = await refuse(newId("automation"));
  const refused = await refuse();
  const { workspaceId, automationId } = place;
  const ids = async (request: Partial<Parameters<typeof repositories.deliveries.list>[0]>) =>
    (await repositories.deliveries.list({ workspaceId, ...request })).items.map((delivery) => delivery.id);
  expect(await ids({})).toEqual([refused, elsewhere, deliveryId, old.deliveryId]);
  expect(await ids({ automationId })).toEqual([refused, deliveryId, old.deliveryId]);
  expect(await ids({ automationId, verdict: "accepted" })).toEqual([deliveryId, old.deliveryId]);
  expect(await ids({ verdict: "accepted", since: new Date(Date.now() - day) })).toEqual([deliveryId]);
  const first = await repositories.deliveries.list({ workspaceId, limit: 3 });
  expect(await ids({ cursor: first.nextCursor ?? undefined })).toEqual([old.deliveryId]);
  await expect(ids({ cursor: newId("run") })).rejects.toThrow(InvalidCursor);
});

test("a list of deliveries does not read what was answered", async () => {
  const { deliveryId } = await seedRun(repositories.prisma, place);
  await database.pool.query("ALTER TABLE deliveries RENAME COLUMN answer_body TO unread");
  try {
    const { items } = await repositories.deliveries.list({ workspaceId: place.workspaceId });
    expect(items).toMatchObject([{ id: deliveryId, answerStatus: 202 }]);
  } finally {
    await database.pool.query("ALTER TABLE deliveries RENAME COLUMN unread TO answer_body");
  }
});

test("a delivery shows its verdict, the exact answer and what was received", async () => {
  const { deliveryId, runId, eventId } = await seedRun(repositories.prisma, place);
  const delivery = await repositories.deliveries.get(place.workspaceId, deliveryId);
  expect(delivery).toMatchObject({
    ...{ id: deliveryId, runId, verdict: "accepted", reason: null },
    answer: { status: 202, body: `{"runId":"${runId}"}`, headers: {} },
    event: { id: eventId, contentType: "application/json" },
  });
  expect(Buffer.from(delivery.event?.body ?? []).toString()).toBe('{"name":"Ada"}');
  const refused = await repositories.deliveries.get(place.workspaceId, await refuse());
  expect(refused).toMatchObject({ verdict: "rejected", runId: null, event: null, answerStatus: 413 });
  await expect(repositories.deliveries.get(place.workspaceId, "dlv_x")).rejects.toThrow(NotFound);
});
