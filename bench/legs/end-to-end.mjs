import { measureFlow } from "../measure-flow.mjs";
import { openMillrace, openPrototype } from "../targets/flow-targets.mjs";

const leg = "End to end";

/** The two-step flow on both backends, beside a bare prototype of the same flow in the same run. */
export async function measureEndToEnd({ report, plan, cluster, redis, sink, watch, say }) {
  const backends = [
    { name: "PostgreSQL", redis: undefined, goal: 1_200 },
    { name: "Redis", redis, goal: 1_500 },
  ];
  for (const backend of backends) {
    const machine = { cluster, redis: backend.redis, sink };
    const prototype = await measure(openPrototype, machine, plan, undefined, (name) =>
      say(`${leg}: ${name}, queue in ${backend.name}`),
    );
    const millrace = await measure(openMillrace, machine, plan, watch, (name) =>
      say(`${leg}: ${name}, queue in ${backend.name}`),
    );
    addFigures(report, backend, millrace, prototype);
  }
}

async function measure(open, machine, plan, watch, say) {
  const target = await open(machine);
  say(target.name);
  const measured = await measureFlow(target, { ...plan.flow, watch });
  await target.close();
  return measured;
}

function addFigures(report, { name, goal }, millrace, prototype) {
  const add = (figure) => report.add({ leg, ...figure, name: `queue in ${name}: ${figure.name}` });
  const ratio = millrace.runsPerSecond / prototype.runsPerSecond;
  add({
    ...{ name: "runs finished", value: millrace.runsPerSecond, unit: "/s" },
    goal: { text: `≥ ${goal.toLocaleString("en-US")}/s`, isMet: millrace.runsPerSecond >= goal },
    details: { acksPerSecondMeanwhile: millrace.acksPerSecond, runs: millrace.acknowledged, lost: 0, repeated: 0 },
  });
  add({
    ...{ name: "runs finished", value: millrace.runsPerSecond, unit: "/s" },
    floor: { name: "prototype", value: prototype.runsPerSecond },
    goal: { text: "≥ 0.8", isMet: ratio >= 0.8 },
  });
  const { toLastStepMs, ratePerSecond } = millrace.even;
  const half = `at ${Math.round(ratePerSecond)}/s`;
  const floor = (value) => ({ name: `prototype at ${Math.round(prototype.even.ratePerSecond)}/s`, value });
  add({
    ...{ name: `p50 from ack to last step ${half}`, value: toLastStepMs.p50, unit: "ms" },
    floor: floor(prototype.even.toLastStepMs.p50),
    details: { toLastStepMs, ack: millrace.even.ackLatency, sentLateP99Ms: millrace.even.sentLateP99Ms },
  });
  add({
    ...{ name: `p99 from ack to last step ${half}`, value: toLastStepMs.p99, unit: "ms" },
    floor: floor(prototype.even.toLastStepMs.p99),
    goal: { text: "< 100 ms", isMet: toLastStepMs.p99 < 100 },
  });
  for (const [part, label] of [
    ["process", "processor time per run, Millrace"],
    ["postgres", "processor time per run, PostgreSQL"],
    ["redis", "processor time per run, Redis"],
  ]) {
    if (millrace.cpuMsPerRun[part] === undefined) continue;
    add({
      ...{ name: label, value: millrace.cpuMsPerRun[part], unit: "ms" },
      floor: { name: "prototype", value: prototype.cpuMsPerRun[part] },
    });
  }
  add({
    ...{ name: "allocated per run", value: millrace.allocatedBytesPerRun / 1_024, unit: "KB" },
    floor: { name: "prototype", value: prototype.allocatedBytesPerRun / 1_024 },
    details: { gcShareOfTime: millrace.gcShare },
  });
  add({
    ...{ name: "loaded memory", value: millrace.rssMb, unit: "MB" },
    floor: { name: "prototype", value: prototype.rssMb },
  });
}
