import { hash, timingSafeEqual } from "node:crypto";
import { performance } from "node:perf_hooks";
import { Router } from "express";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

/**
 * Prometheus metrics of this process: memory, CPU, garbage collection, and the event loop's lag, to which each part adds its
 * own. Labels hold ids, codes and states: no payload, no secret, and no name that people gave. With a token, they are for those
 * who send it as `Authorization: Bearer`.
 */
export function createMetrics({ token }: { token?: string | undefined } = {}): { registry: Registry; routes: Router } {
  const registry = new Registry();
  // Includes nodejs_eventloop_lag_*, from monitorEventLoopDelay.
  collectDefaultMetrics({ register: registry });
  let last = performance.eventLoopUtilization();
  new Gauge({
    name: "millrace_event_loop_utilization",
    help: "Share of the time since the last reading that the event loop was busy: near 1, this process is full",
    registers: [registry],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
  const routes = Router();
  routes.get("/metrics", async (request, response) => {
    if (token !== undefined && !isBearer(request.headers.authorization, token)) {
      response.status(401).set("www-authenticate", "Bearer").type("text/plain");
      response.send("Send the server's METRICS_TOKEN as Authorization: Bearer <token>.\n");
      return;
    }
    response.type(registry.contentType).send(await registry.metrics());
  });
  return { registry, routes };
}

/** Compared as hashes, which are of one length, in a time that says nothing about them. */
const isBearer = (header: string | undefined, token: string): boolean =>
  timingSafeEqual(hash("sha256", header ?? "", "buffer"), hash("sha256", `Bearer ${token}`, "buffer"));
