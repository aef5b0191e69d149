import { Failure, type Json, newId } from "@millrace/base";
import { action, createEgress, createRegistry, defineConnector } from "@millrace/connector-kit";
import { createConnectors } from "@millrace/connectors";
import {
  createIntake,
  createJournal,
  createRunControl,
  createRunRepository,
  createRunStore,
  createVersionRepository,
  openDatabase,
} from "@millrace/db";
import type { Credentials, LiveEvent } from "@millrace/engine";
import { openTestDatabase } from "@millrace/testing";
import { z } from "zod";
import { openWorker, type Worker, type WorkerPorts } from "../open-worker.ts";

export type Called = { label: string; key: string };
type Script = (call: Called, signal: AbortSignal) => Promise<Json>;

/** A database, a connector whose behavior the test writes, and workers on them. */
export async function openBench() {
  const test = await openTestDatabase();
  const database = await openDatabase(test.url, { applicationName: "worker-test", maxConnections: 10 });
  const { pool, hotPath, prisma } = database;
  const calls: Called[] = [];
  const events: LiveEvent[] = [];
  let script: Script = async ({ label }) => label;
  const probe = defineConnector({
    id: "probe",
    title: "Probe",
    summary: "Does what the test says.",
    icon: "flask",
    actions: {
      call: action({
        title: "Call",
        summary: "Calls the test.",
        effect: "write",
        replay: "keyed",
        input: z.object({ label: z.string() }),
        output: z.object({ said: z.json() }),
        example: { input: { label: "x" }, output: { said: "x" } },
        async run({ input, idempotencyKey, signal }) {
          const call = { label: input.label, key: idempotencyKey };
          calls.push(call);
          return { said: await script(call, signal) };
        },
      }),
    },
  });
  const builtIn = createConnectors({ anthropicBaseUrl: undefined, anthropicDefaultModel: "test" });
  const registry = createRegistry([...builtIn, probe]);
  const egress = createEgress({ allow: ["127.0.0.1/32"] });
  const credentials: Credentials = {
    async open() {
      throw new Failure("connection_missing", "There is no such connection.");
    },
    async recordUse() {},
  };
  const log = { info() {}, warn() {}, error() {} };
  const ports: WorkerPorts = {
    workerId: "w1",
    store: createRunStore(hotPath),
    journal: createJournal(hotPath),
    versions: createVersionRepository(prisma),
    credentials,
    registry,
    egress,
    doorbell: { async ring() {} },
    live: { publish: (event) => events.push(event) },
    clock: { now: () => new Date() },
    random: () => 0,
    log,
    listen: async () => ({ roomChanged() {}, async close() {} }),
  };
  const workers: Worker[] = [];
  const intake = createIntake(hotPath);
  const runs = createRunRepository(prisma);
  const workspaceId = newId("workspace");
  await prisma.workspace.create({ data: { id: workspaceId, name: "Test" } });

  return {
    calls,
    events,
    pool,
    prisma,
    ports,
    workspaceId,
    intake,
    control: createRunControl(pool),
    act(next: Script) {
      script = next;
    },
    /** In the bench's own workspace unless another one is given. */
    async publish(steps: Json, concurrency: number | null = null, owner = workspaceId) {
      const definition = { millrace: 1, name: "Test", trigger: { type: "manual" }, steps };
      const automationId = newId("automation");
      const versionId = newId("version");
      const json = JSON.stringify(definition);
      await prisma.automation.create({
        data: {
          ...{ id: automationId, workspaceId: owner, name: "Test", draftJson: json },
          ...{ publishedVersionId: versionId, concurrency },
        },
      });
      await prisma.version.create({
        data: { id: versionId, workspaceId: owner, automationId, number: 1, definitionJson: json },
      });
      return { workspaceId: owner, automationId, versionId };
    },
    async start(
      pinned: { workspaceId: string; automationId: string; versionId: string },
      body: Json = {},
      orderKey: string | null = null,
    ): Promise<string> {
      const event = {
        method: "POST",
        query: "",
        headers: [],
        contentType: "application/json",
        body: Buffer.from(JSON.stringify(body)),
        receivedAt: new Date(),
      };
      const request = { ...pinned, event };
      if (orderKey === null) return (await intake.start(request)).runId;
      const { runId } = await intake.accept({
        ...request,
        ...{ endpointId: newId("endpoint"), sourceIp: null, dedupeKey: null, orderKey },
      });
      return runId;
    },
    /** A worker that notices everything fast, and looks for nothing that it was not told of unless `idleMs` says so. */
    async work(
      overrides: Partial<WorkerPorts> = {},
      {
        leaseMs = 1_000,
        concurrency = 20,
        maxHeldBytes = 10_000_000,
        idleMs = Number.POSITIVE_INFINITY,
        ...reconcile
      }: {
        leaseMs?: number;
        concurrency?: number;
        maxHeldBytes?: number;
        idleMs?: number;
        unclaimedMs?: number;
        everyMs?: number;
      } = {},
    ): Promise<Worker> {
      const worker = await openWorker(
        { ...ports, ...overrides },
        {
          ...{ concurrency, maxHeldBytes, idleMs, leaseMs, heartbeatMs: leaseMs / 4 },
          reconcile: { unclaimedMs: 0, everyMs: 20, ...reconcile },
        },
      );
      workers.push(worker);
      return worker;
    },
    get: (runId: string) => runs.get(workspaceId, runId),
    async settled(runId: string, status = /succeeded|failed|canceled|needs_review/) {
      const deadline = Date.now() + 30_000;
      for (;;) {
        const run = await runs.get(workspaceId, runId);
        if (status.test(run.status)) return run;
        if (Date.now() > deadline) throw new Error(`Run ${runId} is still ${run.status}.`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close(100)));
      await egress.close();
      await database.close();
      await test.close();
    },
  };
}

export type Bench = Awaited<ReturnType<typeof openBench>>;
