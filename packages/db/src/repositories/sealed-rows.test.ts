import { signingSecretConnectorId } from "@millrace/automation";
import { openTestDatabase } from "@millrace/testing";
import { generateVaultKey, parseVaultKeys } from "@millrace/vault";
import { beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../open-database.ts";
import { openVaults } from "./connection-vaults.ts";
import { createCredentials } from "./credentials.ts";
import { createRepositories } from "./repositories.ts";
import { createSealedRows } from "./sealed-rows.ts";
import { createSigningSecrets } from "./signing-secrets.ts";
import { exampleDefinition } from "./testing/open-repositories.ts";

const [key1, key2] = [generateVaultKey("k1"), generateVaultKey("k2")];
const connectorId = "anthropic";
const never = new AbortController().signal;

let database: Database;
let workspaceId: string;
beforeEach(async () => {
  const server = await openTestDatabase();
  database = await openDatabase(server.url, { applicationName: "sealed rows test", maxConnections: 10 });
  ({ id: workspaceId } = await holding(key1).workspaces.create({ name: "Workspace" }));
  return async () => {
    await database.close();
    await server.close();
  };
});

/** What a process can do that has these keys. */
function holding(keys: string) {
  const ring = parseVaultKeys(keys);
  const vaults = openVaults(ring);
  return {
    ...createRepositories(database, vaults),
    vaults,
    credentials: createCredentials(database.prisma, vaults),
    signingSecrets: createSigningSecrets(database.prisma, vaults.signingSecrets),
    sealedRows: createSealedRows(database.pool, vaults, ring.primaryId),
  };
}

async function create(name: string, secret: string): Promise<string> {
  const credential = { apiKey: secret };
  const { connections } = holding(key1);
  return (await connections.create({ workspaceId, connectorId, name, credential, plainFields: [] })).id;
}

const open = async (keys: string, name: string) =>
  (await holding(keys).credentials.open(workspaceId, connectorId, name)).fields.apiKey;

const rowOf = async (id: string) =>
  (await database.pool.query("SELECT * FROM connections WHERE id = $1", [id])).rows[0] as {
    sealed_json: string;
    kek_id: string;
    updated_at: Date;
  };

test("after a change of keys everything opens with the new one alone, and nothing but the wrapped keys changed", async () => {
  const names = Array.from({ length: 410 }, (_, n) => `connection-${n}`);
  const ids = await Promise.all(names.map((name) => create(name, `secret of ${name}`)));
  const before = holding(key1);
  await before.connections.create({
    ...{ workspaceId, connectorId: signingSecretConnectorId, name: "GITHUB" },
    ...{ credential: { secret: "signs webhooks" }, plainFields: [] },
  });
  const { automation } = await before.automations.create({ workspaceId, definition: exampleDefinition() });
  const token = await before.endpoints.getWebhookToken(workspaceId, automation.id);
  const first = await rowOf(ids[0] ?? "");

  const { sealedRows } = holding(`${key2},${key1}`);
  expect(await sealedRows.countByKey()).toEqual([{ kekId: "k1", rows: 412 }]);
  expect(await sealedRows.rewrap(never)).toEqual({ rewrapped: 412, unopened: [] });
  const now = await rowOf(ids[0] ?? "");
  expect(await sealedRows.countByKey()).toEqual([{ kekId: "k2", rows: 412 }]);
  expect(await sealedRows.rewrap(never)).toEqual({ rewrapped: 0, unopened: [] });

  const after = holding(key2);
  for (const name of names) expect(await open(key2, name)).toBe(`secret of ${name}`);
  expect(await after.signingSecrets.open(workspaceId, ["GITHUB"])).toEqual([
    { name: "GITHUB", value: "signs webhooks" },
  ]);
  expect(await after.endpoints.getWebhookToken(workspaceId, automation.id)).toBe(token);
  const sealedBefore = JSON.parse(first.sealed_json);
  const sealedNow = JSON.parse(now.sealed_json);
  expect(now).toEqual({ ...first, kek_id: "k2", sealed_json: now.sealed_json });
  expect(sealedNow.fields).toEqual(sealedBefore.fields);
  expect([sealedNow.kekId, sealedNow.wrapped === sealedBefore.wrapped]).toEqual(["k2", false]);
});

test("a credential that is replaced at the same moment is the one that stays", async () => {
  const id = await create("main", "old");
  const { credentials: vault } = holding(key1).vaults;
  const client = await database.pool.connect();
  await client.query("BEGIN");
  await client.query("SELECT 1 FROM connections WHERE id = $1 FOR UPDATE", [id]);
  const rewrapping = holding(`${key2},${key1}`).sealedRows.rewrap(never);
  // Read with its old credential, and about to be written.
  const waiting = () =>
    database.pool.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
  await expect.poll(async () => (await waiting()).rowCount, { timeout: 10_000 }).toBe(1);
  const sealed = vault.seal({ workspaceId, connectionId: id, version: 2 }, { apiKey: "new" });
  await client.query("UPDATE connections SET version = 2, sealed_json = $2, kek_id = 'k1' WHERE id = $1", [
    id,
    JSON.stringify(sealed),
  ]);
  await client.query("COMMIT");
  client.release();
  expect(await rewrapping).toEqual({ rewrapped: 1, unopened: [] });
  expect(await open(key2, "main")).toBe("new");
});

test("goes on where it was stopped, and several processes at once do no harm", async () => {
  const names = Array.from({ length: 450 }, (_, n) => `connection-${n}`);
  await Promise.all(names.map((name) => create(name, name)));
  const stopping = new AbortController();
  const stopped = holding(`${key2},${key1}`).sealedRows.rewrap(stopping.signal);
  stopping.abort();
  const { rewrapped } = await stopped;
  expect(rewrapped).toBe(200);
  const both = await Promise.all([1, 2].map(() => holding(`${key2},${key1}`).sealedRows.rewrap(never)));
  expect(both.reduce((sum, one) => sum + one.rewrapped, rewrapped)).toBe(450);
  for (const name of names) expect(await open(key2, name)).toBe(name);
});

test("a record that no key opens is named and left alone, and holds nothing up", async () => {
  const [broken, lost] = [await create("broken", "a"), await create("lost", "b")];
  await create("whole", "c");
  const { sealed_json: text } = await rowOf(broken);
  await database.pool.query("UPDATE connections SET sealed_json = $2 WHERE id = $1", [
    broken,
    text.replace(/"wrapped":"./, '"wrapped":"!'),
  ]);
  await database.pool.query(
    'UPDATE connections SET kek_id = \'k0\', sealed_json = replace(sealed_json, \'"kekId":"k1"\', \'"kekId":"k0"\') WHERE id = $1',
    [lost],
  );
  const { sealedRows } = holding(`${key2},${key1}`);
  expect(await sealedRows.rewrap(never)).toEqual({ rewrapped: 1, unopened: [broken, lost].sort() });
  expect(await open(key2, "whole")).toBe("c");
  expect(await sealedRows.countByKey()).toEqual(["k0", "k1", "k2"].map((kekId) => ({ kekId, rows: 1 })));
});
