import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import { flowDefinition } from "../flow.ts";
import { groupBy } from "../group-by.ts";
import { delay } from "../until.ts";
import { restart, type World } from "../world.ts";

const retryAfterMs = 3_000;

export const wrongClocks: Fault = {
  id: "F19",
  title: "wrong clocks: workers and ingress off by minutes",
  layout: "split",
  async inject(world, findings, size) {
    for (const skewMs of size.isFull ? [60_000, 600_000] : [600_000]) {
      await startSkewed(world, skewMs);
      await judgeOnce(world, findings);
      await judgeWaits(world, skewMs, findings);
    }
    await judgeSignatureTolerance(world, findings);
    for (const process of [...world.workers, ...world.ingresses]) await restart(process);
  },
};

/** One worker ahead, the other behind; one ingress ahead. */
async function startSkewed({ workers, ingresses }: World, skewMs: number): Promise<void> {
  const skewed = (ms: number) => ({ preload: "skew-clock", env: { FAULTS_SKEW_MS: String(ms) } }) as const;
  await Promise.all([
    restart(workers[0], skewed(skewMs)),
    restart(workers[1], skewed(-skewMs)),
    restart(ingresses[0], skewed(skewMs)),
  ]);
}

async function judgeOnce(world: World, findings: Findings): Promise<void> {
  const flow = await world.newFlow("f19");
  world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: 3_000 });
  await world.send(flow, { count: 100, connections: 20, resends: true }).done;
  await check(world, flow, findings, { boundMs: 40_000 });
  const calls = groupBy(world.sink.calls(flow.name), ({ event }) => event);
  const repeated = [...calls.values()].filter(({ length }) => length > 1).length;
  findings.must(repeated === 0, `${repeated} live runs were executed twice`);
}

/** The service asked for a wait: no clock may shorten it to nothing, nor stretch it by minutes. */
async function judgeWaits(world: World, skewMs: number, findings: Findings): Promise<void> {
  const flow = await world.newFlow("f19-wait");
  world.sink.setMode(flow.name, { kind: "answer", status: 429, retryAfter: String(retryAfterMs / 1_000) });
  await world.send(flow, { count: 20, connections: 20, resends: true }).done;
  await delay(retryAfterMs / 2);
  world.sink.setMode(flow.name, { kind: "answer", status: 200 });
  const endings = ["succeeded", "failed"];
  await check(world, flow, findings, { boundMs: 30_000, endings });
  const calls = [...groupBy(world.sink.calls(flow.name), ({ event }) => event).values()];
  const hurried = calls.filter(
    ([first, second]) => first && second && second.at - first.at < retryAfterMs - 200,
  ).length;
  findings.must(
    hurried === 0,
    `${hurried} of ${calls.length} calls were repeated before the ${retryAfterMs / 1_000} s that the service asked for (clocks off by ${skewMs / 1_000} s)`,
  );
  const late = (await runsOf(world, flow)).filter(({ status }) => status === "waiting").length;
  findings.must(
    late === 0,
    `${late} of ${calls.length} runs wait on although the ${retryAfterMs / 1_000} s are long over (clocks off by ${skewMs / 1_000} s)`,
  );
}

/** Until webhooks can be signed there is no tolerance to look at. */
async function judgeSignatureTolerance(world: World, findings: Findings): Promise<void> {
  const definition = flowDefinition("f19-signed", world.sink.urlOf("f19-signed"), {});
  const trigger = { type: "webhook", verify: { preset: "stripe", secret: "signing", toleranceSeconds: 300 } };
  const { issues } = await world.client().automations.check({ definition: { ...definition, trigger } });
  const refused = issues.find(({ path }) => path.startsWith("trigger.verify"));
  if (refused) findings.notBuilt(`signature tolerance: ${refused.message}`);
  else findings.notBuilt("signature tolerance can be set now, and this row does not send signed requests yet");
}
