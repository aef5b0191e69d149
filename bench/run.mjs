// Measures the built processes on this machine, each figure beside its floor, and fails if anything acknowledged was lost.
import { fileURLToPath } from "node:url";
import { build } from "../scripts/prepare.mjs";
import { planOf, readOptions } from "./options.mjs";

const options = readOptions(process.argv.slice(2));
if (options.builds) await build();

// What is measured must exist before it is imported.
const { startCluster } = await import("./machine/cluster.mjs");
const { endEverything } = await import("./machine/processes.mjs");
const { startRedis } = await import("./machine/redis.mjs");
const { openReport } = await import("./report.mjs");
const { openWatch } = await import("./profile.mjs");
const { startTarget } = await import("./targets/start-target.mjs");
const { root, runFromModules } = await import("./targets/millrace.mjs");
const parts = {
  ack: (await import("./legs/acknowledge.mjs")).measureAcknowledging,
  e2e: (await import("./legs/end-to-end.mjs")).measureEndToEnd,
  history: (await import("./legs/history.mjs")).measureHistory,
  memory: (await import("./legs/footprint.mjs")).measureFootprint,
};

let isEnding = false;
async function end(code) {
  if (isEnding) return;
  isEnding = true;
  await endEverything();
  process.exit(code);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => void end(130));

try {
  const say = (text) => console.log(`  ${text} …`);
  const report = openReport(options);
  const watch =
    options.profile &&
    openWatch({ folder: `${root}node_modules/.cache/millrace-bench`, allocations: options.profile === "allocations" });
  if (watch) runFromModules();
  const plan = planOf(options);
  // Started while nothing else runs.
  if (options.only.includes("memory")) await parts.memory({ report, plan, say });
  const needsMachine = options.only.filter((name) => name !== "memory");
  if (needsMachine.length > 0) {
    const [cluster, redis, sink] = await Promise.all([
      startCluster({ watchesStatements: watch !== undefined }),
      startRedis(),
      startTarget("sink.mjs"),
    ]);
    for (const name of needsMachine) {
      report.noteLoad(name);
      await parts[name]({ report, plan, cluster, redis, sink, watch, say });
    }
  }
  const file = options.report ?? fileURLToPath(new URL("report.json", import.meta.url));
  report.write(file);
  console.log(`\n${report.table()}\n\nNothing acknowledged was lost or done twice. ${file}`);
  const missed = report.missed();
  if (missed.length > 0) console.log(`${missed.length} goals were missed.`);
  await end(0);
} catch (error) {
  if (!isEnding) console.error(error);
  await end(1);
}
