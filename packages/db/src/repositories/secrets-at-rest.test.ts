import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { createRedactor } from "@millrace/vault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dumpTables } from "./testing/dump-tables.ts";
import { exampleDefinition, openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

let database: TestDatabase;
let repositories: TestRepositories;
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const canaries = ["canary-first-0123456789", 'canary "quoted" ÿ 0123456789', "canary-second-0123456789"] as const;
const [firstKey, quotedKey, secondKey] = canaries;

/** Writes every kind of secret, old and new, and returns those that the repositories themselves made. */
async function writeSecrets(workspaceId: string): Promise<string[]> {
  const setupToken = (await repositories.setup.issueToken()) ?? "";
  const plainFields = ["baseUrl"];
  const { id } = await repositories.connections.create({
    ...{ workspaceId, connectorId: "acme", name: "main", plainFields },
    credential: { apiKey: firstKey, password: quotedKey, baseUrl: "https://plain.example" },
  });
  await repositories.connections.updateCredential({ workspaceId, id, plainFields, credential: { apiKey: secondKey } });
  await repositories.connections.setHealth({ workspaceId, id, version: 2, outcome: { status: "ok", account: "Acme" } });
  await repositories.credentials.open(workspaceId, "acme", "main");
  const { automation, webhookToken } = await repositories.automations.create({
    ...{ workspaceId, definition: exampleDefinition() },
  });
  const rotation = { workspaceId, automationId: automation.id, overlapMs: 60_000 };
  const { token } = await repositories.endpoints.rotateEndpoint(rotation);
  const key = await repositories.apiKeys.create({ workspaceId, name: "CI", scopes: ["runs:read"], createdBy: null });
  await repositories.apiKeys.findByKey(key.plain);
  const operatorsKey = `canary-operators-key-${workspaceId}`;
  await repositories.apiKeys.ensure({ workspaceId, plain: operatorsKey });
  return [setupToken, webhookToken, token, key.plain, operatorsKey];
}

test("no column of any table holds a secret, in any of the forms that the redactor knows", async () => {
  const workspaceId = await repositories.newWorkspace();
  const secrets = [...canaries, ...(await writeSecrets(workspaceId))];
  const dump = await dumpTables(database.pool);
  expect(dump).toContain("https://plain.example");
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(20);
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(Buffer.from(secret).toString("hex"));
  }
  expect(createRedactor(secrets).redactText(dump)).toBe(dump);
});

test("nothing that the repositories answer holds a credential", async () => {
  const workspaceId = await repositories.newWorkspace();
  await writeSecrets(workspaceId);
  const { items } = await repositories.connections.list({ workspaceId });
  const id = items[0]?.id ?? "";
  const answers = JSON.stringify([
    items,
    await repositories.connections.get(workspaceId, id),
    await repositories.connections.findByName(workspaceId, "acme", "main"),
    await repositories.connections.whereUsed(workspaceId, id),
    await repositories.apiKeys.list({ workspaceId }),
    await repositories.automations.list({ workspaceId }),
  ]);
  for (const canary of canaries) expect(answers).not.toContain(canary);
  expect(answers).not.toContain("sealed");
  expect(answers).not.toContain("Hash");
});
