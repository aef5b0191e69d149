import type { RunGauges } from "@millrace/db";
import { Gauge, type Registry } from "prom-client";
import { kept } from "./kept.ts";

type PoolReadings = { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number };

/** As their label says it. */
const poolLabels = { general: "general", anyDay: "any_day", ofDay: "of_day" } as const;

export type StoreReadings = {
  pools: Readonly<Record<"general" | "anyDay" | "ofDay", PoolReadings>>;
  runGauges(): Promise<RunGauges>;
  /** Jobs in the queue; undefined while it does not answer. */
  ringCounts(): Promise<{ waiting: number; active: number; delayed: number } | undefined>;
};

const keptMs = 5_000;
const limitMs = 2_000;

/**
 * What is under way in the whole installation, read from the database at most every 5 s; and this process's own sessions.
 * A figure that can't be read is left out rather than guessed.
 */
export function createStoreMetrics(registry: Registry, { pools, runGauges, ringCounts }: StoreReadings): void {
  const registers = [registry];
  const readRuns = kept(runGauges, keptMs, limitMs);
  const readRings = kept(ringCounts, keptMs, limitMs);

  new Gauge({
    name: "millrace_runs",
    help: "Unfinished runs of the installation by status, counted up to 10,000 each",
    labelNames: ["status"],
    registers,
    async collect() {
      this.reset();
      const runs = await readRuns();
      if (!runs) return;
      this.set({ status: "queued" }, runs.queued);
      this.set({ status: "running" }, runs.running);
      this.set({ status: "waiting" }, runs.waiting);
      this.set({ status: "needs_review" }, runs.needsReview);
    },
  });
  new Gauge({
    name: "millrace_oldest_seconds",
    help: "Age of the oldest queued run, and how late the wait is that should have ended first",
    labelNames: ["of"],
    registers,
    async collect() {
      this.reset();
      const runs = await readRuns();
      if (!runs) return;
      this.set({ of: "queued" }, runs.oldestQueuedSeconds);
      this.set({ of: "due_wait" }, runs.oldestDueSeconds);
    },
  });
  new Gauge({
    name: "millrace_rings",
    help: "Jobs in the queue by state; they are doorbells, so none of them matters by itself",
    labelNames: ["state"],
    registers,
    async collect() {
      this.reset();
      const rings = await readRings();
      if (!rings) return;
      for (const state of ["waiting", "active", "delayed"] as const) this.set({ state }, rings[state]);
    },
  });
  new Gauge({
    name: "millrace_database_sessions",
    help: "This process's sessions by pool, and what waits for one; any_day and of_day are those of webhooks and runs",
    labelNames: ["pool", "state"],
    registers,
    collect() {
      for (const name of ["general", "anyDay", "ofDay"] as const) {
        const { totalCount, idleCount, waitingCount } = pools[name];
        const label = poolLabels[name];
        this.set({ pool: label, state: "open" }, totalCount);
        this.set({ pool: label, state: "idle" }, idleCount);
        this.set({ pool: label, state: "waited_for" }, waitingCount);
      }
    },
  });
}
