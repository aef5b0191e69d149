import type { RequestListener } from "node:http";
import { join } from "node:path";
import type { Router } from "express";
import { createApi } from "../api/create-api.ts";
import { createApp } from "../app.ts";
import { createAuth } from "../auth/create-auth.ts";
import type { Config } from "../config.ts";
import { editorFiles } from "../editor-files.ts";
import { findSample, prepareFirstStart } from "../first-start.ts";
import { healthRoutes } from "../health.ts";
import { createIngress } from "../ingress/ingress.ts";
import { createMetrics } from "../metrics.ts";
import { type Foundation, type Services, startWorker } from "../services.ts";
import type { Closers } from "./closers.ts";
import type { ReadyFacts } from "./terminal.ts";

export type RolesOptions = Foundation & { root: string; url: string; services: Services; closers: Closers };
export type OpenRoles = { listener: RequestListener; ready: Pick<ReadyFacts, "setupLink" | "webhook"> };

const drainMs = 25_000;

/** Starts what MILLRACE_ROLES names and joins it to one request listener. */
export async function openRoles(options: RolesOptions): Promise<OpenRoles> {
  const { config, url, services, database, queue, closers } = options;
  const auth = createAuth({
    prisma: database.prisma,
    secret: options.ring.deriveKey("session/v1").toString("base64"),
    publicUrl: url,
  });
  const { workspaceId } = await prepareFirstStart({ ...services, auth }, config);
  const worker = config.roles.has("worker") ? await startWorker(services, queue, config.workerConcurrency) : undefined;
  const metrics = createMetrics({ activeRuns: () => worker?.pool.active() ?? 0 });
  let isOpen = true;
  const health = healthRoutes({
    isOpen: () => isOpen,
    checks: { database: () => database.ping(), queue: async () => void (await services.queueMetrics.count()) },
  });
  const pages: Router[] = [];
  if (config.roles.has("api")) {
    pages.push(createApi({ ...services, auth, publicUrl: url }));
    pages.push(editorFiles(join(options.root, "apps", "editor", "dist"), url));
  }
  const ingress = config.roles.has("ingress")
    ? createIngress({ ...services, trustedProxies: config.trustedProxies, observe: metrics.observeWebhook })
    : undefined;
  closers.add("worker", async () => {
    await worker?.close(drainMs);
  });
  closers.add("readiness", async () => {
    isOpen = false;
  });
  return {
    listener: createApp({
      ingress,
      operations: [health, metrics.routes],
      pages,
      trustedProxies: config.trustedProxies,
    }),
    ready: await readyFacts(services, workspaceId, url, config),
  };
}

async function readyFacts(
  services: Services,
  workspaceId: string,
  url: string,
  config: Config,
): Promise<OpenRoles["ready"]> {
  if (!config.roles.has("api")) return { setupLink: undefined, webhook: undefined };
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
