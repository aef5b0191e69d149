import { generate } from "../load/generate.mjs";
import { Histogram } from "../load/histogram.mjs";
import { startMillrace } from "../targets/millrace.mjs";
import { startTarget } from "../targets/start-target.mjs";

const leg = "Acknowledging";
/** As many as it takes until more bring no more: with 64, most of them wait for the same commit, and the processors for them. */
const connections = 192;

/**
 * How fast webhooks are stored and answered, without workers beside them, against what Node.js and Express can do at all.
 * The targets take turns, so that what else the machine does meets all of them.
 */
export async function measureAcknowledging({ report, plan, cluster, redis, sink, watch, say }) {
  const targets = [
    { name: "node:http", ...(await startTarget("floor-node-http.mjs")) },
    { name: "Express 5", ...(await startTarget("floor-express.mjs")) },
    await openIngress("Millrace, queue in PostgreSQL", { cluster, sink }),
    await openIngress("Millrace, queue in Redis", { cluster, redis, sink }),
    await openIngress("Millrace, with a dedupe key", { cluster, sink, dedupe: "{{ trigger.body.orderId }}" }),
  ];
  await redis.clear();
  const results = new Map(targets.map((target) => [target, { saturated: [], slow: undefined }]));
  for (let round = 0; round < plan.ackRounds; round++) {
    for (const target of targets) {
      say(`${leg}: ${target.name} at saturation`);
      if (target.ingress) await watch?.start(target);
      const before = await target.ask("usage");
      const load = { warmUpMs: 2_000, durationMs: plan.ackMs, connections };
      const sent = await generate({ ...load, ...target.load?.(), url: target.hookUrl ?? target.url });
      const { cpuMs } = await target.ask("usage");
      if (target.ingress) await watch?.stop(target, sent.answered);
      results.get(target).saturated.push({ ...sent, targetCpuMs: cpuMs - before.cpuMs });
      await target.check?.(sent);
    }
  }
  for (const target of targets) {
    say(`${leg}: ${target.name} at 100/s`);
    const load = { ratePerSecond: 100, durationMs: plan.ackSlowMs, connections };
    const sent = await generate({ ...load, ...target.load?.(), url: target.hookUrl ?? target.url });
    results.get(target).slow = sent;
    await target.check?.(sent);
  }
  addFigures(report, targets, results);
  for (const target of targets) await target.stop();
}

/** With `dedupe` every request has a key of its own. */
async function openIngress(name, { cluster, redis, sink, dedupe }) {
  const database = await cluster.createDatabase(`ack_${dedupe ? "dedupe" : redis ? "redis" : "postgres"}`);
  const roles = "ingress,api";
  const trigger = dedupe ? { dedupe } : {};
  const stores = { databaseUrl: database.url, redisUrl: redis?.url };
  const server = await startMillrace({ ...stores, roles, sinkUrl: sink.url, trigger });
  let acknowledged = 0;
  return {
    name,
    ingress: true,
    load: () => ({ keepsRunIds: true, ...(dedupe ? { firstOrder: acknowledged } : {}) }),
    hookUrl: server.hookUrl,
    ask: server.ask,
    pool: database.pool,
    async check(sent) {
      acknowledged += sent.runIds.length;
      await checkStored(database.pool, sent, acknowledged);
    },
    async stop() {
      await server.stop();
      await database.drop();
    },
  };
}

/** Every acknowledged run is a row with its delivery and its event, and there is nothing else. */
async function checkStored(pool, { runIds, answered, statuses }, acknowledged) {
  if (runIds.length !== answered) throw new Error(`Answers were not all 202: ${JSON.stringify(statuses)}`);
  let found = 0;
  for (let start = 0; start < runIds.length; start += 10_000) {
    const { rows } = await pool.query(
      `SELECT count(*)::int AS count FROM runs r JOIN deliveries d ON d.id = r.delivery_id AND d.run_id = r.id
       JOIN events e ON e.id = r.event_id WHERE r.id = ANY($1::text[])`,
      [runIds.slice(start, start + 10_000)],
    );
    found += rows[0].count;
  }
  const { rows } = await pool.query("SELECT count(*)::int AS count FROM runs");
  if (found !== runIds.length)
    throw new Error(`${runIds.length - found} of ${runIds.length} acknowledged runs are not stored.`);
  if (rows[0].count !== acknowledged) throw new Error(`${rows[0].count} runs for ${acknowledged} acknowledgements.`);
}

function addFigures(report, targets, results) {
  const rates = targets.map((target) => overall(results.get(target).saturated));
  const [node, express] = rates;
  for (const [index, target] of targets.entries()) {
    if (!target.ingress) continue;
    const { saturated, slow } = results.get(target);
    const { perSecond, cpuMsPerRequest, latency } = rates[index];
    report.add({
      ...{ leg, name: `${target.name}: acknowledged`, value: perSecond, unit: "/s" },
      floor: { name: "node:http", value: node.perSecond },
      goal: { text: "≥ 0.25", isMet: perSecond / node.perSecond >= 0.25 },
      details: {
        rounds: saturated.map((sent) => sent.perSecond),
        cpuMsPerRequest,
        floorCpuMsPerRequest: node.cpuMsPerRequest,
      },
    });
    report.add({
      ...{ leg, name: `${target.name}: acknowledged`, value: perSecond, unit: "/s" },
      floor: { name: "Express 5", value: express.perSecond },
      goal: { text: "≥ 1", isMet: perSecond / express.perSecond >= 1 },
    });
    for (const [percent, key] of [
      ["p50", "p50Ms"],
      ["p99", "p99Ms"],
    ]) {
      report.add({
        ...{ leg, name: `${target.name}: ${percent} at 100/s`, value: slow.latency[key], unit: "ms" },
        floor: { name: "node:http", value: results.get(targets[0]).slow.latency[key] },
        details: { sentLateP99Ms: slow.sentLateP99Ms },
      });
      report.add({
        ...{ leg, name: `${target.name}: ${percent} at saturation`, value: latency[key], unit: "ms" },
        floor: { name: "node:http", value: node.latency[key] },
      });
    }
  }
}

function overall(rounds) {
  const seconds = rounds.reduce((sum, round) => sum + round.seconds, 0);
  const count = rounds.reduce((sum, round) => sum + round.latency.count, 0);
  const sent = rounds.reduce((sum, round) => sum + round.sent, 0);
  return {
    perSecond: count / seconds,
    latency: Histogram.of(rounds.map(({ latencies }) => latencies)).summary(),
    cpuMsPerRequest: rounds.reduce((sum, round) => sum + round.targetCpuMs, 0) / sent,
  };
}
