import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { AdmissionState } from "../ingress/admission.ts";
import type { Exchange, Ingress } from "../ingress/exchange.ts";

/** What ingress tells: verdicts, how fast senders were answered, and what waits for the database. */
export function createWebhookMetrics(registry: Registry, admission: () => AdmissionState) {
  const registers = [registry];
  const verdicts = new Counter({
    name: "millrace_webhooks_total",
    help: "Requests to webhook URLs by verdict and status",
    labelNames: ["verdict", "status"],
    registers,
  });
  const answered = new Histogram({
    name: "millrace_webhook_seconds",
    help: "Time from the end of a webhook's headers to its answer, where it was let in and its answer waits for no run",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const answeredFromRun = new Histogram({
    name: "millrace_webhook_awaited_seconds",
    help: "The same, of webhooks that are answered when their run is over",
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25],
    registers,
  });
  const awaiting = new WeakSet<Exchange>();
  new Gauge({
    name: "millrace_admission_requests",
    help: "Requests that wait for the database, by stage",
    labelNames: ["stage"],
    registers,
    collect() {
      const { queued, submitted, lookups } = admission();
      this.set({ stage: "queued" }, queued);
      this.set({ stage: "submitted" }, submitted);
      this.set({ stage: "lookup" }, lookups);
    },
  });
  new Gauge({
    name: "millrace_admission_room",
    help: "How many requests may wait for the database now: few where it has been slow",
    registers,
    collect() {
      this.set(admission().room);
    },
  });
  new Gauge({
    name: "millrace_admission_bytes",
    help: "Bodies in memory, from their first byte to the answer",
    registers,
    collect() {
      this.set(admission().bytes);
    },
  });
  new Gauge({
    name: "millrace_admission_stalled",
    help: "1 while webhooks are refused because the database does not answer",
    registers,
    collect() {
      this.set(admission().isStalled ? 1 : 0);
    },
  });
  return {
    observe: (verdict: string, status: number) => verdicts.inc({ verdict, status }),
    awaitsRun: (exchange: Exchange) => void awaiting.add(exchange),
    timed: (ingress: Ingress): Ingress => ({
      turnAway: ingress.turnAway,
      receive(exchange) {
        const startedAt = performance.now();
        exchange.onceClosed((wasAnswered) => {
          const histogram = awaiting.has(exchange) ? answeredFromRun : answered;
          if (wasAnswered) histogram.observe((performance.now() - startedAt) / 1_000);
        });
        ingress.receive(exchange);
      },
    }),
  };
}
