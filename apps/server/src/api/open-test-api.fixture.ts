import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type JsonObject, systemClock } from "@millrace/base";
import { createEgress, createRegistry } from "@millrace/connector-kit";
import { createConnectors } from "@millrace/connectors";
import { type Client, createClient, type Problem, problemSchema, type Scope, scopes } from "@millrace/contract";
import {
  createApiKeyRepository,
  createAutomationRepository,
  createConnectionRepository,
  createCredentials,
  createDeliveryRepository,
  createEndpointRepository,
  createIntake,
  createJournal,
  createKeyValueRepository,
  createRunControl,
  createRunRepository,
  createRunStore,
  createSetupRepository,
  createVersionRepository,
  createWorkspaceRepository,
  openDatabase,
  openVaults,
} from "@millrace/db";
import type { LiveEvent } from "@millrace/engine";
import { openTestDatabase, startFakeAnthropic } from "@millrace/testing";
import { generateVaultKey, parseVaultKeys } from "@millrace/vault";
import express from "express";
import { createAuth } from "../auth/create-auth.ts";
import { createOwner } from "../auth/create-owner.ts";
import { createApi } from "./create-api.ts";
import type { ApiServices } from "./services.ts";

export const password = "difference engine";

/** The API on a loopback port, over a database of its own. Only the queue is left out: rings and live events are kept. */
export async function openTestApi() {
  const [test, anthropic] = await Promise.all([
    openTestDatabase(),
    startFakeAnthropic({ apiKeys: ["sk-ant-good-key"] }),
  ]);
  const database = await openDatabase(test.url, { applicationName: "api-test", maxConnections: 10 });
  const { pool, hotPath, prisma } = database;
  const vaults = openVaults(parseVaultKeys(generateVaultKey("k1")));
  const vault = vaults.credentials;
  const egress = createEgress({ allow: ["127.0.0.0/8"] });
  const connectors = createConnectors({ anthropicBaseUrl: anthropic.url, anthropicDefaultModel: "claude-test" });
  const rings: string[][] = [];
  const watchers = new Set<(event: LiveEvent) => void>();
  const logged: { facts: Record<string, unknown>; message: string }[] = [];
  const keep = (facts: Record<string, unknown>, message: string) => void logged.push({ facts, message });

  let listener: RequestListener = (_request, response) => void response.writeHead(503).end();
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const intake = createIntake(hotPath);
  const endpoints = createEndpointRepository({ prisma, pool }, vault);
  const services: ApiServices = {
    automations: createAutomationRepository(prisma, vault),
    versions: createVersionRepository(prisma),
    endpoints,
    runs: createRunRepository(prisma),
    deliveries: createDeliveryRepository(prisma),
    connections: createConnectionRepository(prisma, vaults),
    credentials: createCredentials(prisma, vaults),
    keyValues: createKeyValueRepository(pool),
    apiKeys: createApiKeyRepository(prisma),
    workspaces: createWorkspaceRepository(prisma),
    setup: createSetupRepository(prisma),
    intake,
    runControl: createRunControl(pool),
    defaultMaxRunning: null,
    doorbell: { ring: async (_workspaceId, runIds) => void rings.push([...runIds]) },
    live: {
      publish: (event) => {
        for (const watcher of watchers) watcher(event);
      },
      subscribe: (_filter, watcher) => {
        watchers.add(watcher);
        return () => watchers.delete(watcher);
      },
    },
    registry: createRegistry(connectors),
    egress,
    auth: createAuth({ prisma, secret: "a secret of the tests, long enough to sign with", publicUrl: url }),
    publicUrl: url,
    clock: systemClock,
    log: { info: keep, warn: keep, error: keep },
  };
  const app = express();
  app.use(createApi(services));
  listener = app;

  return {
    ...{ url, services, rings, logged, pool, anthropic, watchers, intake, endpoints },
    store: createRunStore(hotPath),
    journal: createJournal(hotPath),
    setupRepository: createSetupRepository(prisma),
    request: (path: string, init: RequestInit = {}) => fetch(`${url}/api${path}`, init),
    /** A workspace with an API key for it. */
    async openWorkspace(name: string, scoped: readonly Scope[] = scopes) {
      const user = await services.auth.createUser({ email: `${name}@example.com`, name, password });
      const workspace = await services.workspaces.createWithOwner({ userId: user.id, name });
      const { plain } = await services.apiKeys.create({
        workspaceId: workspace.id,
        name,
        scopes: scoped,
        createdBy: user.id,
      });
      return {
        workspaceId: workspace.id,
        userId: user.id,
        key: plain,
        client: createClient({ baseUrl: url, apiKey: plain }),
      };
    },
    createOwner: () =>
      createOwner(services, { email: "ada@example.com", name: "Ada", password, workspaceName: "Analytical" }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all([egress.close(), anthropic.close(), database.close()]);
      await test.close();
    },
  };
}

export type TestApi = Awaited<ReturnType<typeof openTestApi>>;

/** Posts JSON as a browser of our own pages would. */
export function postJson(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", "sec-fetch-site": "same-origin", ...headers },
    body: JSON.stringify(body),
  };
}

/** Of an answer that is a problem. */
export const problemIn = async (response: Response): Promise<Problem> => problemSchema.parse(await response.json());

export const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";", 1)[0])
    .join("; ");

export const helloDefinition = {
  millrace: 1 as const,
  name: "Hello",
  trigger: { type: "webhook" as const },
  steps: [
    { id: "greeting", set: { text: "Hello, {{ trigger.body.name }}!" } },
    {
      id: "save",
      action: "keyvalue.set",
      input: { key: "last_greeting", value: "{{ steps.greeting.text }}" } as JsonObject,
    },
  ],
};

/** A published automation with a run that failed at its second step. */
export async function recordFailedRun(api: TestApi, client: Client, workspaceId: string, name = "Hello") {
  const automation = await client.automations.create({ definition: { ...helloDefinition, name } });
  await client.automations.publish({ automationId: automation.id });
  const { runId } = await client.automations.run({ automationId: automation.id, body: { name: "Ada" } });
  const [claimed] = await api.store.claim({ workerId: "w1", leaseMs: 60_000, limit: 1, runIds: [runId] });
  if (!claimed) throw new Error("The run could not be claimed.");
  const at = new Date();
  const failure = { code: "provider_unavailable", message: "It answered 503." } as const;
  const times = { startedAt: at, finishedAt: at };
  const attempt = { startedAt: at.toISOString(), finishedAt: at.toISOString(), failure };
  await api.journal.commit({
    ...{ runId, workspaceId, workerId: "w1", fence: claimed.fence },
    records: [
      {
        path: "greeting",
        stepId: "greeting",
        kind: "set",
        status: "succeeded",
        output: { text: "Hello, Ada!" },
        attempts: [],
        ...times,
      },
      {
        ...{ path: "save", stepId: "save", kind: "action", action: "keyvalue.set", status: "failed", failure },
        input: { key: "last_greeting", value: "Hello, Ada!" },
        attempts: [attempt],
        idempotencyKey: "key-of-the-step",
        ...times,
      },
    ],
    transition: { to: "failed", failure, path: "save" },
  });
  return { automation, runId };
}
