import { createHmac } from "node:crypto";
import { openEmptyDatabase, type StubServer, startStubServer, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "./millrace-process.ts";
import { type Installation, launchRole, newInstallation, type RoleProcess, startRole } from "./role-process.ts";

const roles = "ingress,api,worker";
const signingSecret = "it signs what is sent";
const newKey = (id: string) => `${id}:${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}`;
const [key1, key2] = [newKey("k1"), newKey("k2")];

let database: TestDatabase;
let installation: Installation;
let stub: StubServer;
let server: RoleProcess | undefined;

beforeAll(async () => {
  [database, stub] = await Promise.all([openEmptyDatabase(), startStubServer(() => ({ json: { ok: true } }))]);
  installation = newInstallation(database.url);
});
afterAll(async () => {
  server?.signal("SIGKILL");
  await server?.exited;
  await stub.close();
  await database.close();
});

async function restart(vaultKeys: string): Promise<RoleProcess> {
  server?.signal("SIGTERM");
  await server?.exited;
  server = await startRole(roles, { ...installation, vaultKeys });
  return server;
}

async function rowsOf({ url }: RoleProcess): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const lines = [...metrics.matchAll(/^millrace_vault_rows\{kek="([^"]+)"\} (\d+)$/gm)];
  return Object.fromEntries(lines.map(([, kek, rows]) => [kek, Number(rows)]));
}

/** An automation that takes signed webhooks and calls the stub with a credential. */
async function publish({ client }: RoleProcess): Promise<string> {
  const { origin } = new URL(stub.url);
  const fields = { scheme: "bearer", secret: "canary-1234567890", origins: origin };
  await client.connections.create({ connector: "http", name: "target", fields });
  await client.connections.create({ connector: "webhook", name: "SIGNS", fields: { secret: signingSecret } });
  const definition = {
    millrace: 1,
    name: "Signed",
    trigger: { type: "webhook", verify: { preset: "github", secret: "SIGNS" } },
    steps: [{ id: "call", action: "http.request", connection: "target", input: { method: "POST", url: stub.url } }],
  };
  const { webhookUrl } = await client.automations.push({ definition, publish: true });
  if (webhookUrl === null) throw new Error("The automation has no webhook.");
  return new URL(webhookUrl).pathname;
}

/** The URL as people see it again: it is sealed too. */
async function shownPath({ client }: RoleProcess): Promise<string> {
  const { items } = await client.automations.list();
  const { webhookUrl } = await client.automations.get({
    automationId: items.find(({ name }) => name === "Signed")?.id ?? "",
  });
  return new URL(webhookUrl ?? "").pathname;
}

/** Sends a webhook and returns the credential that came with the call it leads to. */
async function deliver(server: RoleProcess, path: string): Promise<string | undefined> {
  const before = stub.requests.length;
  const body = JSON.stringify({ n: before });
  const signature = createHmac("sha256", signingSecret).update(body).digest("hex");
  const headers = { "content-type": "application/json", "x-hub-signature-256": `sha256=${signature}` };
  const answer = await fetch(server.url + path, { method: "POST", headers, body });
  expect(answer.status).toBe(202);
  await until(() => stub.requests.length > before, 20_000, server.output);
  const header = stub.requests.at(-1)?.headers.authorization;
  return Array.isArray(header) ? header.join() : header;
}

test("keys are changed in two restarts: the old one seals nothing any more, and is not needed any more", async () => {
  const first = await restart(key1);
  const path = await publish(first);
  expect(await deliver(first, path)).toBe("Bearer canary-1234567890");
  const { k1 = 0 } = await rowsOf(first);
  expect(k1).toBeGreaterThan(2);

  const second = await restart(`${key2},${key1}`);
  await until(async () => (await rowsOf(second)).k1 === 0, 30_000, second.output);
  expect(await rowsOf(second)).toEqual({ k1: 0, k2: k1 });

  const third = await restart(key2);
  expect(await rowsOf(third)).toEqual({ k2: k1 });
  expect(await deliver(third, path)).toBe("Bearer canary-1234567890");
  expect(await shownPath(third)).toBe(path);

  // Back to the old key alone: now that one lacks what everything is sealed with.
  third.signal("SIGTERM");
  await third.exited;
  const refused = launchRole(roles, { ...installation, vaultKeys: key1 });
  await expect(refused.ready).rejects.toThrow(/Key "k2" is missing/);
});
