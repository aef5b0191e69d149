import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { treeMemoryMb } from "../machine/cpu-time.mjs";
import { onEnd, startProgram } from "../machine/processes.mjs";
import { root } from "../targets/millrace.mjs";
import { startTarget } from "../targets/start-target.mjs";

const leg = "Footprint";

/** `npm start` as a person runs it, with the PostgreSQL that it brings: how soon it is there, and what it takes while idle. */
export async function measureFootprint({ report, plan, say }) {
  const colds = [];
  const warms = [];
  let idle;
  for (let round = 0; round < plan.starts; round++) {
    const home = mkdtempSync(join(tmpdir(), "millrace-bench-"));
    chmodSync(home, 0o711);
    const removeHome = onEnd(async () => rmSync(home, { recursive: true, force: true }));
    say(`${leg}: start with nothing (${round + 1} of ${plan.starts})`);
    const cold = await startAllInOne(home);
    colds.push(cold.seconds);
    await cold.stop();
    say(`${leg}: start again`);
    const warm = await startAllInOne(home);
    warms.push(warm.seconds);
    if (round === plan.starts - 1) {
      say(`${leg}: idle for ${plan.idleMs / 1_000} s`);
      await delay(plan.idleMs);
      idle = { ...(await warm.ask("usage")), withPostgresMb: treeMemoryMb(warm.pid) };
    }
    await warm.stop();
    await removeHome();
  }
  const bare = await measureBareNode();
  addFigures(report, { colds, warms, idle, bare });
}

async function startAllInOne(home) {
  let output = "";
  let isReady;
  const ready = new Promise((resolve) => {
    isReady = resolve;
  });
  const startedAt = performance.now();
  const server = startProgram(join(root, "scripts", "start.mjs"), {
    cwd: root,
    env: { PORT: "0", MILLRACE_HOME: home },
    onOutput(text) {
      output += text;
      const url = /Millrace is ready at (\S+)/.exec(output)?.[1];
      if (url) isReady(url);
    },
  });
  const url = await Promise.race([ready, server.ended.then(() => Promise.reject(new Error(server.output())))]);
  const answer = await fetch(`${url}/readyz`);
  const seconds = (performance.now() - startedAt) / 1_000;
  if (answer.status !== 200) throw new Error(`It said that it is ready, but /readyz answers ${answer.status}.`);
  return { seconds, pid: server.pid, ask: server.ask, stop: () => server.end() };
}

async function measureBareNode() {
  const startedAt = performance.now();
  const bare = await startTarget("floor-node-http.mjs");
  await fetch(bare.url, { method: "POST", body: "{}" });
  const seconds = (performance.now() - startedAt) / 1_000;
  const { rssMb } = await bare.ask("usage");
  await bare.stop();
  return { seconds, rssMb };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

function addFigures(report, { colds, warms, idle, bare }) {
  const start = (name, all) =>
    report.add({
      ...{ leg, name, value: median(all), unit: "s" },
      floor: { name: "node:http", value: bare.seconds },
      details: { all },
    });
  start("start with nothing, PostgreSQL made included", colds);
  start("start again", warms);
  report.add({
    ...{ leg, name: "idle memory of the one process", value: idle.rssMb, unit: "MB" },
    floor: { name: "node:http", value: bare.rssMb },
    goal: { text: "≤ 150 MB", isMet: idle.rssMb <= 150 },
    details: idle,
  });
  if (Number.isFinite(idle.withPostgresMb)) {
    report.add({
      leg,
      name: "idle memory with its PostgreSQL, shared pages once",
      value: idle.withPostgresMb,
      unit: "MB",
    });
  }
}
