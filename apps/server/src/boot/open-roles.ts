import type { RequestListener } from "node:http";
import { join } from "node:path";
import { createRunGauges } from "@millrace/db";
import type { RunObserver } from "@millrace/engine";
import type { Router } from "express";
import { createApp } from "../app.ts";
import { healthRoutes } from "../health.ts";
import { type Admission, createAdmission } from "../ingress/admission.ts";
import type { Ingress } from "../ingress/exchange.ts";
import { createIngress } from "../ingress/ingress.ts";
import { createLateWrites } from "../ingress/late-writes.ts";
import { createStatusLinks } from "../ingress/status-links.ts";
import { startMaintenance } from "../maintenance.ts";
import { createMetrics } from "../metrics/create-metrics.ts";
import { createRunMetrics } from "../metrics/run-metrics.ts";
import { createStoreMetrics } from "../metrics/store-metrics.ts";
import { createVaultMetrics } from "../metrics/vault-metrics.ts";
import { createWebhookMetrics } from "../metrics/webhook-metrics.ts";
import { logRuns, observed, tellAll } from "../observe-runs.ts";
import { type CoreServices, type Foundation, type Services, startWorker, withConnectors } from "../services.ts";
import type { Closers } from "./closers.ts";
import { sendersFirst } from "./senders-first.ts";
import type { ReadyFacts } from "./terminal.ts";

export type RolesOptions = Foundation & {
  root: string;
  url: string;
  services: CoreServices;
  closers: Closers;
  /** Called once webhooks can be taken, while the rest still starts: senders should wait no longer than they must. */
  takeHooks(ingress: Ingress): void;
};
type Equipped = RolesOptions & { services: Services };
type Facts = Pick<ReadyFacts, "setupLink" | "webhook">;
export type OpenRoles = {
  listener: RequestListener;
  /** For whoever started it. */
  readFacts(): Promise<Facts>;
  /** From now on `/readyz` says no. */
  refuseTraffic(): void;
};

type Metrics = ReturnType<typeof createMetrics>;
type Checks = Parameters<typeof healthRoutes>[0]["checks"];

/** Together with the requests' 10 s, runs under way are finished or handed over within 30 s. */
const drainMs = 20_000;

/** Starts what MILLRACE_ROLES names and joins it to one request listener. */
export async function openRoles(options: RolesOptions): Promise<OpenRoles> {
  const { config, services, database } = options;
  const metrics = createMetrics({ token: config.metricsToken });
  createStoreMetrics(metrics.registry, {
    pools: database.pools,
    runGauges: createRunGauges(database.pool).read,
    ringCounts: services.queueMetrics.count,
  });
  createVaultMetrics(metrics.registry, { keyIds: options.ring.ids, countByKey: services.sealedRows.countByKey });
  const checks: { -readonly [Name in keyof Checks]: Checks[Name] } = { database: () => database.ping() };
  const closing = new AbortController();
  let ingress: Ingress | undefined;
  if (config.roles.has("ingress")) {
    // The first lookup of a process takes long: it is this one, and not a sender's.
    await services.endpoints.findByToken("0".repeat(43));
    const admission = createAdmission({ log: services.log });
    ingress = openIngress(options, { admission, metrics, checks, closing: closing.signal });
    options.takeHooks(ingress);
    await sendersFirst(() => {
      const { lookups, queued, submitted } = admission.state();
      return lookups + queued + submitted > 0;
    });
  }
  const equipped = { ...options, services: await withConnectors(services, config) };
  const runs = await openRunObservers(options, metrics);
  const api = await openApi(equipped, runs.observe);
  if (config.roles.has("worker")) await openWorkerRole(equipped, runs);
  let isOpen = true;
  const health = healthRoutes({ isOpen: () => isOpen, checks });
  return {
    refuseTraffic() {
      isOpen = false;
      closing.abort();
    },
    listener: createApp({
      ingress,
      operations: [health, metrics.routes],
      pages: api.pages,
      trustedProxies: config.trustedProxies,
    }),
    readFacts: api.readFacts,
  };
}

type IngressParts = {
  admission: Admission;
  metrics: Metrics;
  /** Gets the one that an ingress adds. */
  checks: Record<string, () => Promise<void>>;
  closing: AbortSignal;
};

function openIngress(
  { config, services, ring, url }: RolesOptions,
  { admission, metrics, checks, closing }: IngressParts,
) {
  const webhooks = createWebhookMetrics(metrics.registry, admission.state);
  checks.intake = async () => {
    if (admission.state().isStalled) throw new Error("The database does not record requests.");
  };
  return webhooks.timed(
    createIngress({
      ...services,
      admission,
      intake: admission.limitWrites(services.intake, createLateWrites(services)),
      publicUrl: url,
      statusLinks: createStatusLinks(ring, url),
      closing,
      trustedProxies: config.trustedProxies,
      observe: webhooks.observe,
      awaitsRun: webhooks.awaitsRun,
    }),
  );
}

type RunObservers = Awaited<ReturnType<typeof openRunObservers>>;

/** Of what a worker does, and of what people do to runs. */
async function openRunObservers({ config, closers, log }: RolesOptions, { registry }: Metrics) {
  let active = () => 0;
  const metrics = createRunMetrics(registry, () => active());
  const observers: RunObserver[] = [metrics.observer, logRuns(log)];
  if (config.traces && (config.roles.has("worker") || config.roles.has("api"))) {
    // The tracing libraries are loaded by those who want traces only.
    const { createRunTracer } = await import("../tracing/run-tracer.ts");
    const tracer = createRunTracer(config.traces);
    closers.add("traces", 5_000, tracer.close);
    observers.push(tracer);
  }
  return {
    ...metrics,
    observe: tellAll(observers, log),
    countActive(count: () => number) {
      active = count;
    },
  };
}

async function openWorkerRole(
  { config, services, database, queue, closers }: Equipped,
  { observe, observeRecovery, countActive }: RunObservers,
) {
  const worker = await startWorker(services, queue, config.workerConcurrency, {
    observe,
    onRecovery: observeRecovery,
  });
  countActive(worker.pool.active);
  closers.add("worker", drainMs + 10_000, async (manner) => {
    await worker.close(manner === "hurried" ? 0 : drainMs);
  });
  const maintenance = startMaintenance(database.pool, services.clock, services.log, {
    retentionDays: config.retentionDays,
    sealedRows: services.sealedRows,
  });
  closers.add("maintenance", 5_000, maintenance.stop);
}

type OpenApi = Pick<OpenRoles, "readFacts"> & { pages: Router[] };

/** Everything that people and their programs talk to, and what they find at the first start. Loaded only where it is served. */
async function openApi(
  { config, root, url, services, database, ring }: Equipped,
  observe: RunObserver,
): Promise<OpenApi> {
  const isServed = config.roles.has("api");
  const nothing = { pages: [], readFacts: async () => ({ setupLink: undefined, webhook: undefined }) };
  // On a database of our own nobody else prepares it; an ingress alone can't, for want of the keys.
  const isOurs = config.databaseUrl === undefined && config.roles.has("worker");
  if (!isServed && !isOurs) return nothing;
  const { createAuth } = await import("../auth/create-auth.ts");
  const { prepareFirstStart } = await import("../first-start.ts");
  const auth = createAuth({
    prisma: database.prisma,
    secret: ring.deriveKey("session/v1").toString("base64"),
    publicUrl: url,
  });
  const { workspaceId } = await prepareFirstStart({ ...services, auth }, config, database);
  if (!isServed) return nothing;
  const { createApi } = await import("../api/create-api.ts");
  const { editorFiles } = await import("../editor-files.ts");
  return {
    pages: [
      createApi({ ...services, runControl: observed(services.runControl, observe), auth, publicUrl: url }),
      editorFiles(join(root, "apps", "editor", "dist"), url),
    ],
    readFacts: () => readFacts(services, workspaceId, url),
  };
}

async function readFacts(services: Services, workspaceId: string, url: string): Promise<Facts> {
  const { findSample } = await import("../first-start.ts");
  const token = await services.setup.issueToken();
  const sample = await findSample(services, workspaceId);
  return {
    setupLink: token && `${url}/setup?token=${token}`,
    webhook: sample && {
      automation: sample.name,
      curl: `curl -X POST ${url}/hooks/${sample.token} -H "Content-Type: application/json" -d '${sample.body}'`,
    },
  };
}
