import type { Recovery, RunObserver } from "@millrace/engine";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
/** Few, because each connection has as many series. */
const connectionSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
/** Connections are made by people, so there may be any number of them. */
const connectionsCounted = 500;
const other = "other";

/** What the engine tells: runs, and steps by action and by connection. Ids and codes only. */
export function createRunMetrics(registry: Registry, activeRuns: () => number) {
  const registers = [registry];
  const started = new Histogram({
    name: "millrace_run_start_seconds",
    help: "Time from when a run was queued to when a worker first had it",
    buckets: seconds,
    registers,
  });
  const ended = new Histogram({
    name: "millrace_run_seconds",
    help: "Time from when a run was queued to its end, waits included",
    labelNames: ["status"],
    buckets: seconds,
    registers,
  });
  const left = new Counter({
    name: "millrace_runs_total",
    help: "Runs that left this process, by their status then; one that people cancel leaves the process that they asked",
    labelNames: ["status"],
    registers,
  });
  const steps = new Histogram({
    name: "millrace_step_seconds",
    help: "Time that steps took, attempts and the waits between them included",
    labelNames: ["action", "status"],
    buckets: seconds,
    registers,
  });
  const failures = new Counter({
    name: "millrace_step_failures_total",
    help: "Steps that failed, by action and code",
    labelNames: ["action", "code"],
    registers,
  });
  const calls = new Counter({
    name: "millrace_connection_calls_total",
    help: "Steps that went through a connection, by its id and how they ended; beyond 500 connections the rest are 'other'",
    labelNames: ["connection", "status"],
    registers,
  });
  const callSeconds = new Histogram({
    name: "millrace_connection_seconds",
    help: "Time that steps through a connection took, by its id, attempts and the waits between them included",
    labelNames: ["connection"],
    buckets: connectionSeconds,
    registers,
  });
  const recovered = new Counter({
    name: "millrace_recovered_total",
    help: "Runs that the reconciler took back or ended, by cause",
    labelNames: ["cause"],
    registers,
  });
  const leasesLost = new Counter({
    name: "millrace_leases_lost_total",
    help: "Runs that this process still worked on when they were no longer its own",
    registers,
  });
  new Gauge({
    name: "millrace_runs_active",
    help: "Runs that this process holds a lease on",
    registers,
    collect() {
      this.set(activeRuns());
    },
  });

  const connections = new Set<string>();
  const labelOf = (connectionId: string): string => {
    if (connections.size < connectionsCounted) connections.add(connectionId);
    return connections.has(connectionId) ? connectionId : other;
  };

  const observer: RunObserver = {
    runClaimed({ queuedAt, startedAt, fence }) {
      if (fence === 1) started.observe(secondsBetween(queuedAt, startedAt));
    },
    stepFinished({ kind, action = kind, connectionId, status, failureCode, startedAt, finishedAt }) {
      steps.observe({ action, status }, secondsBetween(startedAt, finishedAt));
      if (failureCode) failures.inc({ action, code: failureCode });
      if (connectionId === undefined) return;
      const connection = labelOf(connectionId);
      calls.inc({ connection, status });
      callSeconds.observe({ connection }, secondsBetween(startedAt, finishedAt));
    },
    runLeft({ status, queuedAt, at }) {
      left.inc({ status });
      if (status !== "waiting") ended.observe({ status }, secondsBetween(queuedAt, at));
    },
    leaseLost() {
      leasesLost.inc();
    },
  };
  return {
    observer,
    observeRecovery({ expiredLeases, quarantined, dueWaits }: Recovery) {
      recovered.inc({ cause: "expired_lease" }, expiredLeases - quarantined);
      recovered.inc({ cause: "quarantined" }, quarantined);
      recovered.inc({ cause: "due_wait" }, dueWaits);
    },
  };
}

const secondsBetween = (from: Date, to: Date): number => Math.max(0, to.getTime() - from.getTime()) / 1_000;
