import { dropPartitionsBefore } from "@millrace/db";
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
  const flow = { ...plan.flow, evenMs: 0 };
  const run = async (backend) => {
    const target = await openMillrace({ cluster, redis: backend.redis, sink, database });
    const measured = await measureFlow(target, flow);
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
  }
  report.add({
    ...{ leg, name: `making ${amount} runs`, value: seeded.seconds, unit: "s" },
    goal: { text: "< 90 s per million", isMet: seeded.seconds < (90 * plan.historyRuns) / 1_000_000 },
  });
  say(`${leg}: reading`);
  await measureReading(report, { plan, cluster, sink, database, amount });
  report.add({
    ...{ leg, name: "stored per run, as run", value: real.bytesPerRun, unit: "bytes" },
    floor: { name: "bytes of its request", value: real.requestBytes },
    details: { tables: real.tables },
  });
  say(`${leg}: pruning a day`);
  await measurePruning(report, database, plan.historyRuns / days);
  await database.drop();
}

async function measureReading(report, { plan, cluster, sink, database, amount }) {
  const target = await openMillrace({ cluster, sink, database });
  const { url, apiKey } = target.server;
  const { automation_id: automationId, ids } = await sampleRuns(database.pool, plan.reads);
  const middle = ids[Math.floor(ids.length / 2)];
  const since = new Date(Date.now() - 9 * dayMs).toISOString();
  const until = new Date(Date.now() - 8 * dayMs).toISOString();
  const lists = {
    "newest first": "",
    "of one automation": `?automationId=${automationId}`,
    failed: "?status=failed",
    "of one day": `?since=${since}&until=${until}`,
    "from the middle on": `?cursor=${middle}`,
    "canceled, of which there are none": "?status=canceled",
    "failed, of one automation": `?status=failed&automationId=${automationId}`,
  };
  const time = (paths) => timeRequests({ url, headers: { authorization: `Bearer ${apiKey}` }, paths });
  const repeat = (path) => Array.from({ length: plan.reads }, () => path);
  await time(
    [...Object.values(lists), ...ids.slice(0, 10)].map(
      (tail) => `/api/runs${tail.startsWith("run_") ? `/${tail}` : tail}`,
    ),
  );
  const floor = await time(repeat("/livez"));
  const byList = {};
  for (const [name, query] of Object.entries(lists)) byList[name] = await time(repeat(`/api/runs${query}`));
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
  const { rows } = await pool.query(
    "SELECT id, automation_id FROM runs TABLESAMPLE SYSTEM (1) ORDER BY random() LIMIT $1",
    [count],
  );
  return { automation_id: rows[0].automation_id, ids: rows.map(({ id }) => id).sort() };
}

async function measurePruning(report, { pool }, runsOfADay) {
  const time = async (work) => {
    const startedAt = performance.now();
    const result = await work();
    return { ms: performance.now() - startedAt, result };
  };
  const floor = await time(() => pool.query("CREATE TABLE nothing (id text PRIMARY KEY); DROP TABLE nothing"));
  // Whole days only: of the oldest two the later one is complete.
  const dropping = await time(() => dropPartitionsBefore(pool, new Date(Date.now() - (days - 1) * dayMs)));
  const { dropped } = dropping.result;
  const daysDropped = new Set(dropped.map((name) => name.slice(-10))).size;
  if (daysDropped === 0) throw new Error("Pruning dropped no day.");
  report.add({
    ...{
      leg,
      name: `prune a day of ${Math.round(runsOfADay).toLocaleString("en-US")} runs`,
      value: dropping.ms / daysDropped,
      unit: "ms",
    },
    floor: { name: "an empty table made and dropped", value: floor.ms },
    goal: { text: "< 100 ms", isMet: dropping.ms / daysDropped < 100 },
    details: { dropped },
  });
}
