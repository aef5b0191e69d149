import { type Endpoint, listEndpoints, type Role, roles, type Scope, scopes, scopesOf } from "@millrace/contract";
import type { Router } from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApi } from "./create-api.ts";
import { cookiesOf, openTestApi, password, postJson, recordFailedRun, type TestApi } from "./open-test-api.fixture.ts";

let api: TestApi;
let own: Awaited<ReturnType<TestApi["openWorkspace"]>>;
const roleCookies = new Map<Role, string>();
beforeAll(async () => {
  api = await openTestApi();
  own = await api.openWorkspace("own");
  for (const role of roles) {
    const email = `${role}@example.com`;
    const user = await api.services.auth.createUser({ email, name: role, password });
    await api.pool.query("INSERT INTO members (workspace_id, user_id, role) VALUES ($1, $2, $3)", [
      own.workspaceId,
      user.id,
      role,
    ]);
    roleCookies.set(role, cookiesOf(await api.request("/auth/sign-in/email", postJson({ email, password }))));
  }
});
afterAll(() => api.close());

const unknown = {
  automationId: "atm_01jd0000000000000000000000",
  runId: "run_01jd0000000000000000000000",
  deliveryId: "dlv_01jd0000000000000000000000",
  connectionId: "con_01jd0000000000000000000000",
  apiKeyId: "key_01jd0000000000000000000000",
  ...{ number: "1", key: "nothing", connectorId: "anthropic", action: "messageToAi", field: "model" },
};
const pathOf = (endpoint: Endpoint, ids: Record<string, string> = unknown) =>
  endpoint.path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? name);

/** A body that the endpoint takes; what it names does not exist. */
const bodies: Record<string, unknown> = {
  "automations.create": { template: "nothing" },
  "automations.check": { definition: {} },
  "automations.push": { definition: {} },
  "automations.saveDraft": { definition: {}, expectedRevision: 1 },
  "automations.setEnabled": { enabled: true },
  "connections.create": { connector: "nothing", name: "x", fields: {} },
  "connections.testUnsaved": { connector: "nothing", fields: {} },
  "keyvalue.put": { value: 1 },
  "workspace.setLimits": { maxRunningRuns: 5 },
  "apiKeys.create": { name: "x", scopes: ["runs:read"] },
  "account.changePassword": { currentPassword: "not the password", newPassword: "a much longer one" },
};

const rows = listEndpoints().map((row) => ({ ...row, label: `${row.resource}.${row.name}` }));
const guarded = rows.filter(({ endpoint }) => endpoint.scope !== "public");

async function call(name: string, endpoint: Endpoint, headers: Record<string, string>, ids?: Record<string, string>) {
  const withBody = endpoint.method !== "get";
  const controller = new AbortController();
  const response = await api.request(pathOf(endpoint, ids), {
    method: endpoint.method.toUpperCase(),
    headers: {
      "sec-fetch-site": "same-origin",
      ...(withBody ? { "content-type": "application/json" } : {}),
      ...headers,
    },
    ...(withBody ? { body: JSON.stringify(bodies[name] ?? {}) } : {}),
    signal: controller.signal,
  });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  const text = isStream ? "" : await response.text();
  if (isStream) controller.abort();
  return { status: response.status, text };
}

type Layer = { route?: { path: string; methods: Record<string, boolean> }; handle?: { stack?: Layer[] } };
const routesOf = (layers: readonly Layer[]): string[] =>
  layers.flatMap(({ route, handle }) => [
    ...(route ? Object.keys(route.methods).map((method) => `${method} ${route.path}`) : []),
    ...(handle?.stack ? routesOf(handle.stack) : []),
  ]);

test("every route stands in the contract, and every row of the contract has its route", () => {
  const router: Router & { stack: Layer[] } = createApi(api.services) as Router & { stack: Layer[] };
  const routes = routesOf(router.stack).filter((route) => !/^get \/docs/.test(route));
  const declared = rows.map(({ endpoint }) => `${endpoint.method} ${endpoint.path}`);
  expect(routes.sort()).toEqual(declared.sort());
});

describe("each role", () => {
  test.each(guarded)("$label is open to those whose role has its scope", async ({ label, endpoint }) => {
    for (const role of roles) {
      const { scope } = endpoint;
      const isAllowed = scope === "signedIn" || scopesOf[role].some((has) => has === scope);
      const { status, text } = await call(label, endpoint, { cookie: roleCookies.get(role) ?? "" });
      const isForbidden = status === 403 && JSON.parse(text).code === "forbidden";
      expect(isForbidden, `${role}: ${status} ${text.slice(0, 200)}`).toBe(!isAllowed);
      expect(status, text).toBeLessThan(500);
    }
  });
});

describe("each API key", () => {
  const keys = new Map<Scope, { all: string; without: string }>();
  beforeAll(async () => {
    for (const scope of scopes) {
      const { workspaceId } = own;
      const make = async (granted: readonly Scope[]) =>
        (await api.services.apiKeys.create({ workspaceId, name: scope, scopes: granted, createdBy: null })).plain;
      keys.set(scope, { all: await make([scope]), without: await make(scopes.filter((other) => other !== scope)) });
    }
  });

  test.each(guarded.filter(({ endpoint }) => endpoint.scope !== "signedIn"))(
    "$label takes its one scope and no other",
    async ({ label, endpoint }) => {
      const { all, without } = keys.get(endpoint.scope as Scope) ?? { all: "", without: "" };
      const refused = await call(label, endpoint, { authorization: `Bearer ${without}` });
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([403, "forbidden"]);
      const { status, text } = await call(label, endpoint, { authorization: `Bearer ${all}` });
      expect([401, 500].includes(status) || (status === 403 && !text.includes("scopes that you lack")), text).toBe(
        false,
      );
    },
  );
});

test.each(guarded)("$label is closed to those who don't sign in", async ({ label, endpoint }) => {
  expect((await call(label, endpoint, {})).status).toBe(401);
});

describe("another workspace", () => {
  let theirs: Record<string, string>;
  let marker: string;
  beforeAll(async () => {
    const other = await api.openWorkspace("other");
    marker = "Their secret automation";
    const { automation, runId } = await recordFailedRun(api, other.client, other.workspaceId, marker);
    const { plain: _, ...apiKey } = await api.services.apiKeys.create({
      ...{ workspaceId: other.workspaceId, name: marker, scopes: ["runs:read"], createdBy: null },
    });
    const connection = await other.client.connections.create({
      ...{ connector: "anthropic", name: "their connection", fields: { apiKey: "sk-ant-good-key" } },
    });
    await other.client.keyvalue.put({ key: "their-key", value: marker });
    const endpoint = await api.endpoints.findByToken(automation.webhookUrl?.split("/").at(-1) ?? "");
    const { deliveryId } = await api.intake.refuse({
      ...{ workspaceId: other.workspaceId, automationId: automation.id, endpointId: endpoint?.endpointId ?? "" },
      ...{ verdict: "rejected", reason: marker, answer: { status: 401, body: marker }, sourceIp: null },
      event: {
        method: "POST",
        query: "",
        headers: [],
        contentType: null,
        body: new Uint8Array(),
        receivedAt: new Date(),
      },
    });
    theirs = {
      ...unknown,
      ...{
        automationId: automation.id,
        runId,
        deliveryId,
        connectionId: connection.id,
        apiKeyId: apiKey.id,
        key: "their-key",
      },
    };
  });

  const withIds = guarded.filter(({ endpoint }) =>
    /:(automationId|runId|deliveryId|connectionId|apiKeyId|key)\b/.test(endpoint.path),
  );
  test.each(withIds.filter(({ label }) => label !== "keyvalue.put"))(
    "$label answers as if its things did not exist",
    async ({ label, endpoint }) => {
      const headers = { authorization: `Bearer ${own.key}` };
      const bodyOf = async (ids: Record<string, string>) => {
        const { status, text } = await call(label, endpoint, headers, ids);
        const anonymous = Object.values(ids).reduce(
          (body, id) => (id.length > 5 ? body.replaceAll(id, "ID") : body),
          text,
        );
        return { status, anonymous, text };
      };
      const [foreign, missing] = [await bodyOf(theirs), await bodyOf(unknown)];
      expect({ status: foreign.status, body: foreign.anonymous }).toEqual({
        status: missing.status,
        body: missing.anonymous,
      });
      expect([404, 422]).toContain(foreign.status);
      expect(foreign.text).not.toContain(marker);
    },
  );

  test.each(guarded.filter(({ endpoint }) => endpoint.method === "get" && !endpoint.path.includes(":")))(
    "nothing of it is in $label",
    async ({ label, endpoint }) => {
      const { text } = await call(label, endpoint, { authorization: `Bearer ${own.key}` });
      for (const trace of [
        marker,
        "their-key",
        "their connection",
        ...Object.values(theirs).filter((id) => /^(atm|run|dlv|con|key)_/.test(id)),
      ]) {
        expect(text).not.toContain(trace);
      }
    },
  );

  test("its keys and names don't take ours away", async () => {
    const put = await own.client.keyvalue.put({ key: "their-key", value: "ours" });
    expect(put).toMatchObject({ value: "ours", version: 1 });
    const connection = await own.client.connections.create({
      ...{ connector: "anthropic", name: "their connection", fields: { apiKey: "sk-ant-good-key" } },
    });
    expect(connection.usedBy).toEqual([]);
    const pushed = await own.client.automations.push({
      definition: { millrace: 1, name: marker, trigger: { type: "manual" }, steps: [] },
    });
    expect(pushed.created).toBe(true);
    const options = { connectorId: "anthropic", action: "messageToAi", field: "model", connection: "their connection" };
    await own.client.connections.delete({ connectionId: connection.id });
    expect((await own.client.connectors.options(options)).problem).toContain("no anthropic connection");
  });
});

describe("no answer", () => {
  const columns = [
    "workspaceId",
    "role",
    "ownerId",
    "isAdmin",
    "passwordHash",
    "createdAt",
    "id",
    "kekId",
    "sealedJson",
    "tokenHash",
  ];

  test.each(guarded.filter(({ endpoint }) => endpoint.method !== "get"))(
    "comes to $label for keys that are not its own",
    async ({ label, endpoint }) => {
      const body = {
        ...(bodies[label] as object | undefined),
        ...Object.fromEntries(columns.map((column) => [column, "x"])),
      };
      const response = await api.request(pathOf(endpoint), {
        method: endpoint.method.toUpperCase(),
        headers: {
          "content-type": "application/json",
          cookie: roleCookies.get("owner") ?? "",
          "sec-fetch-site": "same-origin",
        },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(400);
      const { issues } = (await response.json()) as { issues: { path: string }[] };
      expect(issues.map(({ path }) => path)).toEqual(expect.arrayContaining(columns));
    },
  );

  test("has a field that could hold a secret, but for the API key that was just made and URLs", () => {
    const secretNames = /secret|password|token|hash|sealed|cipher|credential|private/i;
    const found = rows.flatMap(({ label, endpoint }) =>
      namesIn(endpoint.answer.schema)
        .filter((field) => secretNames.test(field))
        .map((field) => `${label}: ${field}`),
    );
    expect(found.filter((field) => !field.endsWith(": isSecret"))).toEqual([]);
  });
});

/** Every property name of a schema, read from the schema itself. */
function namesIn(schema: unknown, seen = new Set<unknown>()): string[] {
  if (typeof schema !== "object" || schema === null || seen.has(schema)) return [];
  seen.add(schema);
  const shape = "shape" in schema && typeof schema.shape === "object" && schema.shape !== null ? schema.shape : {};
  const inner =
    "def" in schema && typeof schema.def === "object" && schema.def !== null ? Object.values(schema.def) : [];
  return [
    ...Object.keys(shape),
    ...Object.values(shape).flatMap((value) => namesIn(value, seen)),
    ...inner.flatMap((value) =>
      Array.isArray(value) ? value.flatMap((item) => namesIn(item, seen)) : namesIn(value, seen),
    ),
  ];
}
