import { check, type RunRow, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import type { Flow } from "../flow.ts";
import { ingressPoints, killAtPoint } from "../kill-points.ts";
import type { ServerProcess } from "../server-process.ts";
import { delay, must } from "../until.ts";
import type { World } from "../world.ts";

type Moment = keyof typeof ingressPoints;
const moments: readonly (Moment | "a random moment")[] = [
  "before the insert",
  "after the keys, before the commit",
  "after the commit, before the answer",
  "after the answer, before the ring",
  "after the ring",
  "a random moment",
];

/** The queue is in Redis, or behind the same connection as the rest. Meanwhile one event is sent again and again. */
export async function killIngressAt(world: World, flow: Flow, ingress: ServerProcess, moment: Moment) {
  const { on, point } = ingressPoints[moment];
  const repeated = world.send(flow, { count: 1, copies: 100_000, ratePerS: 5, connections: 10, resends: true });
  const killed = await killAtPoint(ingress, on === "queue" && ingress.redis ? ingress.redis : ingress.postgres, point);
  repeated.stop();
  // Its process may be the only one: what was under way is sent again until there is one.
  return { killed, sent: repeated.done };
}

/** Resolves once it is killed, with what is sent again until a process takes it. */
async function killAt(
  world: World,
  flow: Flow,
  ingress: ServerProcess,
  moment: (typeof moments)[number],
  findings: Findings,
): Promise<{ sent?: Promise<unknown> }> {
  if (moment === "a random moment") {
    await delay(world.random.below(1_000));
    await ingress.kill();
    return {};
  }
  const { killed, sent } = await killIngressAt(world, flow, ingress, moment);
  findings.must(killed !== undefined, `the kill-point "${moment}" was not reached`);
  if (!killed) await ingress.kill();
  return { sent };
}

export const ingressKills: readonly Fault[] = [
  {
    id: "F4",
    title: "kill -9 of an ingress at every point between request and ring",
    layout: "split",
    async inject(world, findings, size) {
      const flow = await world.newFlow("f4");
      const sending = world.send(flow, { count: 100_000, ratePerS: 50, connections: 50, resends: true });
      let slowest = 0;
      for (let kill = 0; kill < size.times(100); kill++) {
        const moment = moments[kill % moments.length] ?? "a random moment";
        const ingress = world.ingresses[kill % 2 === 0 ? 0 : 1];
        const { sent } = await killAt(world, flow, ingress, moment, findings);
        const startedAt = performance.now();
        const started = ingress.start();
        await must("webhooks are taken", () => takesWebhooks(ingress.url + flow.hookPath), 60_000);
        slowest = Math.max(slowest, performance.now() - startedAt);
        await Promise.all([started, sent]);
      }
      sending.stop();
      await sending.done;
      findings.recovered(slowest);
      findings.within("the slowest start until webhooks are taken", slowest, 3_000);
      await check(world, flow, findings, { boundMs: 60_000 });
    },
  },
  {
    id: "F5",
    title: "kill -9 between the commit and the ring",
    layout: "split",
    async inject(world, findings, size) {
      const flow = await world.newFlow("f5");
      const [ingress, other] = world.ingresses;
      await other.kill();
      const sending = world.send(flow, { count: 100_000, ratePerS: 10, connections: 50, resends: true });
      const waits: number[] = [];
      for (let kill = 0; kill < size.times(50, 4); kill++) {
        const moment = kill % 2 === 0 ? "after the commit, before the answer" : "after the answer, before the ring";
        const { killed, sent } = await killIngressAt(world, flow, ingress, moment);
        findings.must(killed !== undefined, "the kill-point was not reached");
        if (!killed) continue;
        // Nobody else rings, so what is queued now was committed and never announced.
        await delay(300);
        const unrung = (await runsOf(world, flow)).filter(({ status }) => status === "queued");
        waits.push(...(await startTimes(world, flow, unrung)).map((startedAt) => startedAt - killed.at));
        await ingress.start();
        await sent;
      }
      sending.stop();
      await sending.done;
      await other.start();
      findings.must(waits.length > 0, "no run was left behind between commit and ring");
      const worst = Math.max(0, ...waits);
      findings.recovered(worst);
      findings.within(`the slowest of ${waits.length} runs that were never rung started after`, worst, 10_000);
      await check(world, flow, findings, { boundMs: 60_000 });
    },
  },
];

/** Asked with a method that the flow refuses: the refusal is looked up and recorded as a webhook is, and starts no run. */
async function takesWebhooks(hookUrl: string): Promise<boolean> {
  try {
    const answer = await fetch(hookUrl, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.status === 405;
  } catch {
    return false;
  }
}

function startTimes(world: World, flow: Flow, waiting: readonly RunRow[]): Promise<number[]> {
  const ids = new Set(waiting.map(({ id }) => id));
  return must(
    "every run that was not rung starts",
    async () => {
      const started = (await runsOf(world, flow)).filter(({ id, startedAt }) => ids.has(id) && startedAt !== null);
      return started.length === ids.size && started.map(({ startedAt }) => startedAt ?? 0);
    },
    60_000,
  );
}
