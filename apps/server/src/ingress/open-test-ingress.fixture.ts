import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request as sendRaw } from "node:http";
import { type Definition, type Step, type WebhookTrigger, webhookDefaults } from "@millrace/automation";
import { newId } from "@millrace/base";
import { createEgress } from "@millrace/connector-kit";
import {
  createIntake,
  createRepositories,
  createRunOutcomes,
  createSigningSecrets,
  openDatabase,
  openVaults,
} from "@millrace/db";
import type { LiveEvent } from "@millrace/engine";
import { openTestDatabase } from "@millrace/testing";
import { createVault, generateVaultKey, parseVaultKeys } from "@millrace/vault";
import { Registry } from "prom-client";
import { createHttpServer } from "../boot/http-server.ts";
import { listen } from "../listen.ts";
import { createWebhookMetrics } from "../metrics/webhook-metrics.ts";
import { type AdmissionLimits, admissionLimits, createAdmission } from "./admission.ts";
import { admit, nodeExchange } from "./exchange.ts";
import { createIngress } from "./ingress.ts";
import type { IngressServices } from "./ingress-services.ts";
import { createLateWrites, type LateWriteServices } from "./late-writes.ts";
import { createStatusLinks } from "./status-links.ts";

export type Received = { status: number; headers: IncomingHttpHeaders; text: string; json: Record<string, unknown> };
export type Hook = { automationId: string; token: string };
type Sending = { method?: string; headers?: OutgoingHttpHeaders; body?: string | Buffer; to?: number };

/** A busy machine is none of these tests' concerns. */
export const patient = { ...admissionLimits, lookupMs: 30_000, writeMs: 30_000, stalledMs: 30_000 };

/**
 * Ingress processes in one: each instance has its own caches, database connections and key ring, and listens on a port of
 * its own. They share the database and a clock that tests move.
 */
export async function openTestIngress(instances = 1, limits: AdmissionLimits = patient) {
  const test = await openTestDatabase();
  const keys = generateVaultKey("k1");
  const database = await openDatabase(test.url, { applicationName: "ingress test", maxConnections: 5 });
  const repositories = createRepositories(database, openVaults(parseVaultKeys(keys)));
  const workspaceId = (await repositories.workspaces.create({ name: "Ingress" })).id;
  const rings: string[] = [];
  const watchers = new Set<(event: LiveEvent) => void>();
  const onRing = new Set<(runIds: readonly string[]) => void>();
  const closing = new AbortController();
  let aheadMs = 0;
  let setBackMs = 0;
  const clock = { now: () => new Date(Date.now() + aheadMs - setBackMs) };
  const opened = await Promise.all(Array.from({ length: instances }, open));

  async function open() {
    const own = await openDatabase(test.url, { applicationName: "ingress", maxConnections: 3 });
    // As a process that is nothing but an ingress: it could open no other credential.
    const ring = parseVaultKeys(keys).narrowTo("ingress-secrets/v1");
    const egress = createEgress({ allow: ["127.0.0.0/8"] });
    const log = { info() {}, warn() {}, error() {} };
    const registry = new Registry();
    const admission = createAdmission({ log, limits });
    const http = createHttpServer((request, response) => admit(ingress, nodeExchange(request, response)));
    const port = await listen(http.server, "127.0.0.1", 0);
    const webhooks = createWebhookMetrics(registry, admission.state);
    const shared: LateWriteServices & Pick<IngressServices, "outcomes" | "live"> = {
      outcomes: createRunOutcomes(own.pool),
      doorbell: {
        async ring(_workspaceId, runIds) {
          rings.push(...runIds);
          for (const listener of onRing) listener(runIds);
        },
      },
      live: {
        publish() {},
        subscribe(_filter, watcher) {
          watchers.add(watcher);
          return () => watchers.delete(watcher);
        },
      },
      clock,
      log,
    };
    const ingress = webhooks.timed(
      createIngress({
        ...shared,
        steadyNow: () => performance.now() + aheadMs,
        admission,
        endpoints: createRepositories(own, openVaults(ring), clock).endpoints,
        intake: admission.limitWrites(createIntake(own.hotPath), createLateWrites(shared)),
        signingSecrets: createSigningSecrets(own.prisma, createVault(ring, "ingress-secrets/v1"), clock),
        egress,
        publicUrl: "https://hooks.example.com",
        statusLinks: createStatusLinks(ring, "https://hooks.example.com"),
        closing: closing.signal,
        trustedProxies: 1,
        observe: webhooks.observe,
        awaitsRun: webhooks.awaitsRun,
      }),
    );
    http.takePlain(ingress);
    const close = async () => {
      await http.drain(0);
      await egress.close();
      await own.close();
    };
    return { port, admission, close, registry };
  }

  const rows = async (sql: string, ...values: unknown[]) => (await test.pool.query(sql, values)).rows;

  return {
    ...{ ...repositories, workspaceId, rings, onRing, watchers, closing, clock, database, rows },
    ports: opened.map(({ port }) => port),
    admissions: opened.map(({ admission }) => admission),
    /** Of the first instance. */
    metrics: () => opened[0]?.registry.metrics(),
    moveClock(ms: number) {
      aheadMs += ms;
    },
    /** As an administrator does: no time passes. */
    setClockBack(ms: number) {
      setBackMs += ms;
    },
    /** A published automation and its URL's token. */
    async publish(trigger: Partial<WebhookTrigger> = {}, steps: Step[] = []): Promise<Hook> {
      const definition: Definition = {
        millrace: 1,
        name: `Hook ${newId("automation")}`,
        trigger: { type: "webhook", ...trigger },
        steps,
      };
      const { automation } = await repositories.automations.create({ workspaceId, definition });
      await repositories.versions.publish({ workspaceId, id: automation.id, publishedBy: null });
      const token = await repositories.endpoints.getWebhookToken(workspaceId, automation.id);
      return { automationId: automation.id, token };
    },
    async republish({ automationId: id }: Hook, trigger: Partial<WebhookTrigger>): Promise<void> {
      const { draft, draftRevision } = await repositories.automations.get(workspaceId, id);
      const definition: Definition = { ...draft, trigger: { type: "webhook", ...trigger } };
      await repositories.automations.saveDraft({ workspaceId, id, definition, expectedRevision: draftRevision });
      await repositories.versions.publish({ workspaceId, id, publishedBy: null });
    },
    async addSecret(name: string, secret: string): Promise<string> {
      const connection = { workspaceId, connectorId: "webhook", name, credential: { secret }, plainFields: [] };
      return (await repositories.connections.create(connection)).id;
    },
    deliveries: (hook: Hook) =>
      rows("SELECT * FROM deliveries WHERE automation_id = $1 ORDER BY id", hook.automationId),
    runs: (hook: Hook) => rows("SELECT * FROM runs WHERE automation_id = $1 ORDER BY id", hook.automationId),
    /** `to` says which instance; the first one unless said. */
    send(target: string, { method = webhookDefaults.methods[0], headers = {}, body = "", to = 0 }: Sending = {}) {
      return new Promise<Received>((resolve, reject) => {
        const port = opened[to]?.port;
        const path = target.startsWith("/") ? target : `/hooks/${target}`;
        const request = sendRaw({ host: "127.0.0.1", port, path, method, headers }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = /json/.test(answer.headers["content-type"] ?? "") && text !== "";
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              text,
              json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
            });
          });
        });
        request.on("error", reject);
        request.end(body);
      });
    },
    async close() {
      await Promise.all(opened.map(({ close }) => close()));
      await database.close();
      await test.close();
    },
  };
}

export type TestIngress = Awaited<ReturnType<typeof openTestIngress>>;

export const asJson = (headers: OutgoingHttpHeaders = {}): OutgoingHttpHeaders => ({
  "content-type": "application/json",
  ...headers,
});
