import { dropPartitionsBefore, maintain } from "@millrace/db";
import { timeRequests } from "../load/time-requests.mjs";
import { measureFlow } from "../measure-flow.mjs";
import { bytesOfHistory, dayMs, seedHistory } from "../seed-history.mjs";
import { openMillrace } from "../targets/flow-targets.mjs";

const leg = "With history";
const days = 14;

/** The flow on a database without and with a history; then reading and pruning that history. */
export async function measureHistory({ report, plan, cluster, redis, sink, say }) {
  const database = await cluster.createDatabase("history");
  const backends = [
    { name: "PostgreSQL", redis: undefined },
    { name: "Redis", redis },
  ];
  const run = async (backend) => {
    const target = await openMillrace({ cluster, redis: backend.redis, sink, database });
    const measured = await measureFlow(target, plan.flow);
    await target.close();
    return measured;
  };
  const amount = plan.historyRuns.toLocaleString("en-US");
  for (const backend of backends) {
    say(`${leg}: the flow before, queue in ${backend.name}`);
    backend.before = await run(backend);
  }
  const real = await bytesOfHistory(database.pool);
  say(`${leg}: making ${amount} runs`);
  const seeded = await seedHistory(database.pool, { runs: plan.historyRuns, days, now: new Date() });
  for (const backend of backends) {
    say(`${leg}: the flow after, queue in ${backend.name}`);
    backend.after = await run(backend);
    const share = backend.after.runsPerSecond / backend.before.runsPerSecond;
    report.add({
      ...{ leg, name: `runs finished, queue in ${backend.name}, ${amount} runs stored`, unit: "/s" },
      value: backend.after.runsPerSecond,
      floor: { name: "without history", value: backend.before.runsPerSecond },
      goal: { text: "≥ 0.9", isMet: share >= 0.9 },
    });
    for (const percent of ["p50", "p99"]) {
      const { ratePerSecond, toLastStepMs } = backend.after.even;
      report.add({
        ...{
          leg,
          name: `${percent} from ack to last step at ${Math.round(ratePerSecond)}/s, queue in ${backend.name}`,
        },
        ...{ value: toLastStepMs[percent], unit: "ms" },
        floor: {
          name: `without history at ${Math.round(backend.before.even.ratePerSecond)}/s`,
          value: backend.before.even.toLastStepMs[percent],
        },
        details: { toLastStepMs, ack: backend.after.even.ackLatency },
      });
    }
  }
  report.add({
    ...{ leg, name: `making ${amount} runs`, value: seeded.seconds, unit: "s" },
    goal: { text: "< 90 s per million", isMet: seeded.seconds < (90 * plan.historyRuns) / 1_000_000 },
  });
  say(`${leg}: reading`);
  await measureReading(report, { plan, cluster, sink, database, amount, seeded });
  report.add({
    ...{ leg, name: "stored per run, as run", value: real.bytesPerRun, unit: "bytes" },
    floor: { name: "bytes of its request", value: real.requestBytes },
    details: { tables: real.tables },
  });
  say(`${leg}: pruning a day`);
  await measurePruning(report, database, plan.historyRuns / days);
  say(`${leg}: deleting what one automation keeps no longer`);
  await measureDeleting(report, database, seeded.busyId);
  await database.drop();
}

async function measureReading(report, { plan, cluster, sink, database, amount, seeded: { busyId, quietId } }) {
  const target = await openMillrace({ cluster, sink, database });
  const { url, apiKey } = target.server;
  const ids = await sampleRuns(database.pool, plan.reads);
  const middle = ids[Math.floor(ids.length / 2)];
  const since = new Date(Date.now() - 9 * dayMs).toISOString();
  const until = new Date(Date.now() - 8 * dayMs).toISOString();
  const lists = {
    "newest first": "/api/runs",
    "of one automation": `/api/runs?automationId=${busyId}`,
    failed: "/api/runs?status=failed",
    "of one day": `/api/runs?since=${since}&until=${until}`,
    "from the middle on": `/api/runs?cursor=${middle}`,
    "canceled, of which there are none": "/api/runs?status=canceled",
    "failed, of one automation": `/api/runs?status=failed&automationId=${busyId}`,
    "failed, of one that has none": `/api/runs?status=failed&automationId=${quietId}`,
    "of a quiet automation": `/api/runs?automationId=${quietId}`,
    deliveries: "/api/deliveries",
    "rejected deliveries": "/api/deliveries?verdict=rejected",
    "duplicates, of which there are none": "/api/deliveries?verdict=duplicate",
    "rejected deliveries of one automation": `/api/deliveries?verdict=rejected&automationId=${busyId}`,
    "duplicates of one automation": `/api/deliveries?verdict=duplicate&automationId=${busyId}`,
  };
  const time = (paths) => timeRequests({ url, headers: { authorization: `Bearer ${apiKey}` }, paths });
  const repeat = (path) => Array.from({ length: plan.reads }, () => path);
  await time([...Object.values(lists), ...ids.slice(0, 10).map((id) => `/api/runs/${id}`)]);
  const floor = await time(repeat("/livez"));
  const byList = {};
  for (const [name, path] of Object.entries(lists)) byList[name] = await time(repeat(path));
  const details = await time(ids.map((id) => `/api/runs/${id}`));
  const worst = Object.entries(byList).reduce((left, right) => (left[1].p95Ms > right[1].p95Ms ? left : right));
  report.add({
    ...{
      leg,
      name: `list at ${amount} runs, p95 of the slowest kind (${worst[0]})`,
      value: worst[1].p95Ms,
      unit: "ms",
    },
    floor: { name: "GET /livez", value: floor.p95Ms },
    goal: { text: "< 50 ms", isMet: worst[1].p95Ms < 50 },
    details: byList,
  });
  report.add({
    ...{ leg, name: `detail at ${amount} runs, p95`, value: details.p95Ms, unit: "ms" },
    floor: { name: "GET /livez", value: floor.p95Ms },
    goal: { text: "< 50 ms", isMet: details.p95Ms < 50 },
    details,
  });
  await target.close();
}

async function sampleRuns(pool, count) {
  const { rows } = await pool.query("SELECT id FROM runs TABLESAMPLE SYSTEM (1) ORDER BY random() LIMIT $1", [count]);
  return rows.map(({ id }) => id).sort();
}

async function time(work) {
  const startedAt = performance.now();
  const result = await work();
  return { ms: performance.now() - startedAt, result };
}

async function measurePruning(report, { pool }, runsOfADay) {
  const floor = await time(() => pool.query("CREATE TABLE nothing (id text PRIMARY KEY); DROP TABLE nothing"));
  const daysAgo = (count) => new Date(Date.now() - count * dayMs);
  // Partitions are made for the day before as well: an empty one would flatter the figure.
  await dropPartitionsBefore(pool, daysAgo(days - 1));
  const { ms, result } = await time(() => dropPartitionsBefore(pool, daysAgo(days - 2)));
  const { dropped } = result;
  if (new Set(dropped.map((name) => name.slice(-10))).size !== 1)
    throw new Error(`Pruning should drop one day, not ${dropped.join(", ") || "none"}.`);
  report.add({
    ...{ leg, name: `prune a day of ${Math.round(runsOfADay).toLocaleString("en-US")} runs`, value: ms, unit: "ms" },
    floor: { name: "an empty table made and dropped", value: floor.ms },
    goal: { text: "< 100 ms", isMet: ms < 100 },
    details: { dropped },
  });
}

/** Row by row, because the days that hold them also hold what others keep. */
async function measureDeleting(report, { pool }, automationId) {
  await pool.query("UPDATE automations SET retention_days = $2 WHERE id = $1", [automationId, Math.floor(days / 2)]);
  const { ms, result } = await time(() => maintain(pool, new Date(), { retentionDays: 10 * days }));
  if (result.runsDeleted === 0) throw new Error("The automation's own retention deleted nothing.");
  report.add({
    ...{ leg, name: "runs deleted for an automation that keeps less", unit: "/s" },
    value: result.runsDeleted / (ms / 1_000),
    details: { runsDeleted: result.runsDeleted, seconds: ms / 1_000 },
  });
}
