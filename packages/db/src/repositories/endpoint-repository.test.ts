import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { exampleDefinition, openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

let database: TestDatabase;
let repositories: TestRepositories;
let workspaceId: string;
let automationId: string;
let token: string;
let now = new Date();
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url, { now: () => now });
});
beforeEach(async () => {
  now = new Date();
  workspaceId = await repositories.newWorkspace();
  const created = await repositories.automations.create({ workspaceId, definition: exampleDefinition() });
  automationId = created.automation.id;
  token = created.webhookToken;
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const publish = () => repositories.versions.publish({ workspaceId, id: automationId, publishedBy: null });

test("a token leads to its automation, and from the first publish on to the version that is live and no longer to the draft", async () => {
  const found = await repositories.endpoints.findByToken(token);
  expect(found).toMatchObject({
    workspaceId,
    automationId,
    enabled: true,
    versionId: null,
    trigger: { type: "webhook" },
  });
  const first = await publish();
  expect(await repositories.endpoints.findByToken(token)).toMatchObject({
    versionId: first.version.id,
    trigger: { type: "webhook" },
  });
  const trigger = { type: "webhook" as const, dedupe: "{{ trigger.body.id }}" };
  const definition = exampleDefinition({ trigger });
  await repositories.automations.saveDraft({ workspaceId, id: automationId, definition, expectedRevision: 1 });
  const second = await publish();
  expect(await repositories.endpoints.findByToken(token)).toMatchObject({ versionId: second.version.id, trigger });
});

test("a token has 192 random bits and nothing near it opens the endpoint", async () => {
  expect(token).toMatch(/^[0-9A-Za-z]{33}$/);
  const near = [
    "",
    token.toLowerCase(),
    `${token}/`,
    ` ${token}`,
    token.slice(1),
    `${token}0`,
    `${token}\u0000`,
    "%2f",
  ];
  for (const text of near) expect(await repositories.endpoints.findByToken(text)).toBeUndefined();
});

test("a disabled automation is found as disabled, a removed one as gone", async () => {
  await repositories.automations.setEnabled({ workspaceId, id: automationId, enabled: false });
  expect(await repositories.endpoints.findByToken(token)).toMatchObject({ enabled: false });
  await repositories.automations.remove(workspaceId, automationId);
  expect(await repositories.endpoints.findByToken(token)).toMatchObject({
    automationId,
    gone: { why: "deleted", since: now },
  });
});

test("after a rotation both URLs work until the overlap is over", async () => {
  const rotated = await repositories.endpoints.rotateEndpoint({ workspaceId, automationId, overlapMs: 1_000 });
  expect(await repositories.endpoints.getWebhookToken(workspaceId, automationId)).toBe(rotated.token);
  for (const live of [token, rotated.token]) {
    expect(await repositories.endpoints.findByToken(live)).toMatchObject({ automationId, gone: null });
  }
  now = rotated.previousExpiresAt;
  expect(await repositories.endpoints.findByToken(token)).toMatchObject({
    automationId,
    gone: { why: "replaced", since: now },
  });
  expect(await repositories.endpoints.findByToken(rotated.token)).toMatchObject({ automationId, gone: null });
});

test("rotations at once leave one URL that does not expire", async () => {
  await Promise.all(
    Array.from({ length: 4 }, () => repositories.endpoints.rotateEndpoint({ workspaceId, automationId, overlapMs: 0 })),
  );
  const lasting = await repositories.prisma.endpoint.count({ where: { automationId, expiresAt: null } });
  expect(lasting).toBe(1);
});
