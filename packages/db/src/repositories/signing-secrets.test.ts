import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { createVault, generateVaultKey, parseVaultKeys } from "@millrace/vault";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openVaults } from "./connection-vaults.ts";
import { createRepositories } from "./repositories.ts";
import { createSigningSecrets } from "./signing-secrets.ts";
import { exampleDefinition, openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

let database: TestDatabase;
let repositories: TestRepositories;
let workspaceId: string;
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
});
beforeEach(async () => {
  workspaceId = await repositories.newWorkspace();
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const add = (name: string, secret: string, connectorId = "webhook") =>
  repositories.connections.create({ workspaceId, connectorId, name, credential: { secret }, plainFields: [] });

test("opens the named ones in the order of their names, and says of each what it lacks", async () => {
  await add("first", "  one\n");
  await add("empty", "");
  const broken = await add("broken", "three");
  await add("elsewhere", "four", "http");
  await database.pool.query("UPDATE connections SET version = 7 WHERE id = $1", [broken.id]);
  const names = ["broken", "first", "absent", "empty", "elsewhere"];
  expect(await repositories.signingSecrets.open(workspaceId, names)).toEqual([
    { name: "broken", value: "", fault: expect.stringContaining("broken can't be opened. ") },
    { name: "first", value: "one" },
    { name: "absent", value: "", fault: "The keyvault has no webhook signing secret named absent." },
    { name: "empty", value: "", fault: "The webhook signing secret empty is empty." },
    { name: "elsewhere", value: "", fault: expect.stringContaining("no webhook signing secret named elsewhere") },
  ]);
  const other = await repositories.newWorkspace();
  expect(await repositories.signingSecrets.open(other, ["first"])).toMatchObject([{ name: "first", value: "" }]);
});

test("are sealed under keys of their own: an ingress opens them and no other credential, a stolen wrapping key opens none", async () => {
  const keys = generateVaultKey("k1");
  const { prisma, pool } = { prisma: repositories.prisma, pool: database.pool };
  const whole = createRepositories({ prisma, pool }, openVaults(parseVaultKeys(keys)));
  const narrow = parseVaultKeys(keys).narrowTo("ingress-secrets/v1");
  const base = { workspaceId, name: "same", credential: { secret: "s" }, plainFields: [] };
  const signing = await whole.connections.create({ ...base, connectorId: "webhook" });
  const service = await whole.connections.create({ ...base, connectorId: "http" });
  const sealedOf = async (id: string) =>
    JSON.parse((await pool.query("SELECT sealed_json FROM connections WHERE id = $1", [id])).rows[0].sealed_json);
  const owner = (connectionId: string) => ({ workspaceId, connectionId, version: 1 });

  const ingress = createSigningSecrets(prisma, createVault(narrow, "ingress-secrets/v1"));
  expect(await ingress.open(workspaceId, ["same"])).toEqual([{ name: "same", value: "s" }]);
  const sealedService = await sealedOf(service.id);
  for (const vault of [createVault(narrow), createVault(narrow, "ingress-secrets/v1")]) {
    expect(() => vault.unseal(owner(service.id), sealedService)).toThrow();
  }
  const sealedSigning = await sealedOf(signing.id);
  expect(() => createVault(parseVaultKeys(keys)).unseal(owner(signing.id), sealedSigning)).toThrow("does not open");
});

test("a trigger that names one uses it", async () => {
  const { id } = await add("hook key", "s");
  const build = async (name: string, definition: Parameters<typeof exampleDefinition>[0]) =>
    (await repositories.automations.create({ workspaceId, definition: exampleDefinition({ name, ...definition }) }))
      .automation.id;
  const one = await build("One", {
    trigger: { type: "webhook", verify: { preset: "github", secret: ["other", "hook key"] } },
  });
  const token = await build("Token", {
    trigger: { type: "webhook", verify: { preset: "meta", secret: "other", verifyToken: "hook key" } },
  });
  await build("Unrelated", { trigger: { type: "webhook", dedupe: "hook key" } });
  expect(await repositories.connections.whereUsed(workspaceId, id)).toEqual([
    { automationId: one, name: "One", inDraft: true, inPublished: false },
    { automationId: token, name: "Token", inDraft: true, inPublished: false },
  ]);
});

test("notes their use", async () => {
  const { id } = await add("used", "s");
  await repositories.signingSecrets.open(workspaceId, ["used"]);
  expect((await repositories.connections.get(workspaceId, id)).lastUsedAt).toBeInstanceOf(Date);
});
