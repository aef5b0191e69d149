import { Router } from "express";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Prometheus metrics. No payloads, ids of tenants or names given by people in any label. */
export function createMetrics(gauges: { activeRuns(): number }) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const webhooks = new Counter({
    name: "millrace_webhooks_total",
    help: "Requests to webhook URLs by verdict and status",
    labelNames: ["verdict", "status"],
    registers,
  });
  const acknowledged = new Histogram({
    name: "millrace_webhook_seconds",
    help: "Time from a webhook's first byte to its answer",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  new Gauge({
    name: "millrace_runs_active",
    help: "Runs that this process holds a lease on",
    registers,
    collect() {
      this.set(gauges.activeRuns());
    },
  });
  const routes = Router();
  routes.get("/metrics", async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return {
    routes,
    observeWebhook: (verdict: string, status: number) => webhooks.inc({ verdict, status }),
    timeWebhook: () => acknowledged.startTimer(),
  };
}
