import { setTimeout as delay } from "node:timers/promises";
import { generate } from "./load/generate.mjs";

const connections = 64;

/**
 * The two-step flow on one target, in three parts: a warm-up; a burst of `events` sent as fast as they are acknowledged,
 * which gives runs/s from the first request sent to the last run's last commit, the drain included; and half of that
 * rate, evenly, which gives the latency from the acknowledgement (as the sender saw it) to the commit of the last step.
 * After each part everything that was acknowledged must have succeeded, once: else this throws.
 */
export async function measureFlow(target, { events, warmUpEvents, evenMs, watch }) {
  await burst(target, warmUpEvents);
  await watch?.start(target);
  await target.ask("startAllocations");
  const before = await cpuOf(target);
  const measured = await burst(target, events);
  const cpu = difference(await cpuOf(target), before);
  const allocations = await target.ask("stopAllocations");
  await watch?.stop(target, events);
  const { rssMb } = await target.ask("usage");
  const even = evenMs > 0 ? await evenly(target, measured.runsPerSecond / 2, evenMs) : undefined;
  const perRun = (value) => (value === undefined ? undefined : value / events);
  return {
    ...measured,
    even,
    rssMb,
    cpuMsPerRun: {
      process: perRun(cpu.process),
      postgres: perRun(cpu.postgres),
      redis: perRun(cpu.redis),
      generator: perRun(measured.generatorCpuMs),
    },
    allocatedBytesPerRun: allocations.allocatedBytes / events,
    gcShare: allocations.gcMs / (measured.seconds * 1_000),
  };
}

async function cpuOf({ ask, cluster, redis }) {
  const { cpuMs } = await ask("usage");
  return { process: cpuMs, postgres: cluster.cpuMs(), redis: await redis?.cpuMs() };
}

const difference = (after, before) =>
  Object.fromEntries(
    Object.keys(after).map((name) => [name, after[name] === undefined ? undefined : after[name] - before[name]]),
  );

async function burst(target, count) {
  const part = await openPart(target);
  const sent = await generate({ url: target.hookUrl, connections, count, keepsRunIds: true });
  const { committedAtMs } = await part.settle(sent);
  const seconds = (max(committedAtMs) - sent.startedWallMs) / 1_000;
  return {
    seconds,
    runsPerSecond: sent.runIds.length / seconds,
    acksPerSecond: sent.perSecond,
    ackLatency: sent.latency,
    generatorCpuMs: sent.cpuMs,
    acknowledged: sent.runIds.length,
  };
}

async function evenly(target, ratePerSecond, durationMs) {
  const part = await openPart(target);
  const sent = await generate({
    url: target.hookUrl,
    connections: 256,
    ratePerSecond,
    durationMs,
    keepsRunIds: true,
  });
  const { committedAtMs } = await part.settle(sent);
  const latencies = committedAtMs.map((ms, index) => ms - sent.ackedAtMs[index]).sort((a, b) => a - b);
  return {
    ratePerSecond: sent.perSecond,
    ackLatency: sent.latency,
    sentLateP99Ms: sent.sentLateP99Ms,
    toLastStepMs: { p50: at(latencies, 50), p95: at(latencies, 95), p99: at(latencies, 99), max: latencies.at(-1) },
  };
}

const at = (sorted, percent) => sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)];

export function max(numbers) {
  let highest = Number.NEGATIVE_INFINITY;
  for (const number of numbers) if (number > highest) highest = number;
  return highest;
}

/** A slow machine is no fault, a run that nobody advances is one. */
const stuckAfterMs = 60_000;

/** What a part of the measurement may add: exactly one run, one call and one stored value for each acknowledgement. */
async function openPart({ pool, sink, output }) {
  await sink.ask("takeCalls");
  const before = await totals(pool);
  return {
    async settle({ runIds, answered, statuses }) {
      await untilFinished(pool, output);
      const after = await totals(pool);
      const calls = await sink.ask("takeCalls");
      const found = await readRuns(pool, runIds);
      const acknowledged = runIds.length;
      const faults = [];
      if (acknowledged !== answered) faults.push(`answers were not all 202: ${JSON.stringify(statuses)}`);
      if (new Set(runIds).size !== acknowledged) faults.push("a run id was given twice");
      if (found.lost > 0) faults.push(`${found.lost} acknowledged runs are not in the database`);
      if (found.notSucceeded > 0) faults.push(`${found.notSucceeded} acknowledged runs did not succeed`);
      if (after.runs - before.runs !== acknowledged)
        faults.push(`${after.runs - before.runs} runs for ${acknowledged} acknowledgements`);
      if (calls.total !== acknowledged || calls.distinct !== acknowledged)
        faults.push(`${calls.total} calls (${calls.distinct} distinct keys) for ${acknowledged} acknowledgements`);
      if (after.stored - before.stored !== acknowledged)
        faults.push(`${after.stored - before.stored} stored values for ${acknowledged} acknowledgements`);
      if (faults.length > 0) throw new Error(`Not what was acknowledged: ${faults.join("; ")}.`);
      return found;
    },
  };
}

/** Each status by its own index: a look at every run that is stored would take the time that is measured. */
const unfinished = ["queued", "running", "waiting"]
  .map((status) => `SELECT '${status}' AS status, count(*)::int AS count FROM runs WHERE status = '${status}'`)
  .join(" UNION ALL ");

async function untilFinished(pool, output) {
  let seen = "";
  let changedAt = Date.now();
  for (;;) {
    const { rows } = await pool.query(unfinished);
    const left = rows.filter(({ count }) => count > 0);
    if (left.length === 0) return;
    const state = left.map(({ status, count }) => `${count} ${status}`).join(", ");
    if (state !== seen) changedAt = Date.now();
    seen = state;
    if (Date.now() - changedAt > stuckAfterMs)
      throw new Error(`Nothing moves since ${stuckAfterMs / 1_000} s: ${state}. The process said:\n${output()}`);
    await delay(100);
  }
}

/** Each set of a key raises its version by one, so the versions count the effects. */
async function totals(pool) {
  const { rows } = await pool.query(
    "SELECT (SELECT count(*) FROM runs)::int AS runs, (SELECT coalesce(sum(version), 0) FROM key_values)::int AS stored",
  );
  return rows[0];
}

async function readRuns(pool, runIds) {
  const byId = new Map();
  for (let start = 0; start < runIds.length; start += 5_000) {
    const { rows } = await pool.query(
      "SELECT id, status, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 * 1000 AS committed_at_ms FROM runs WHERE id = ANY($1::text[])",
      [runIds.slice(start, start + 5_000)],
    );
    for (const row of rows) byId.set(row.id, row);
  }
  const found = runIds.map((id) => byId.get(id)).filter((row) => row !== undefined);
  return {
    lost: runIds.length - found.length,
    notSucceeded: found.filter(({ status }) => status !== "succeeded").length,
    committedAtMs: found.map((row) => row.committed_at_ms),
  };
}
