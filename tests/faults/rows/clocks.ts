import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import { storeSigningSecret } from "../flow.ts";
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
      await judgeSignatureTolerance(world, skewMs, findings);
    }
    for (const process of [...world.workers, ...world.ingresses]) await restart(process);
    findings.notHeld("schedules fire once: there are no schedules");
  },
};

/** One worker ahead, the other behind; and so the two that take webhooks. */
async function startSkewed({ workers, ingresses }: World, skewMs: number): Promise<void> {
  const skewed = (ms: number) => ({ preload: "skew-clock", env: { FAULTS_SKEW_MS: String(ms) } }) as const;
  await Promise.all([
    restart(workers[0], skewed(skewMs)),
    restart(workers[1], skewed(-skewMs)),
    restart(ingresses[0], skewed(skewMs)),
    restart(ingresses[1], skewed(-skewMs)),
  ]);
}

async function judgeOnce(world: World, findings: Findings): Promise<void> {
  const flow = await world.newFlow("f19");
  world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: 3_000 });
  await world.send(flow, { count: 100, connections: 20, resends: true }).done;
  await check(world, flow, findings, { boundMs: 40_000 });
  const calls = groupBy(world.sink.calls(flow.name), ({ event }) => event);
  const repeated = [...calls.values()].filter(({ length }) => length > 1).length;
  findings.note(`${repeated} of ${calls.size} live runs executed twice`);
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

/** Each ingress goes by its own clock, to the second: what it finds too old or too early is refused. */
async function judgeSignatureTolerance(world: World, skewMs: number, findings: Findings): Promise<void> {
  const secret = "whsec_of_the_fault_tests";
  await storeSigningSecret(world.client(), "f19-stripe", secret);
  const flow = await world.newFlow("f19-signed", {
    counts: false,
    trigger: { verify: { preset: "stripe", secret: "f19-stripe", toleranceSeconds: 300 } },
  });
  for (const [index, ingress] of world.ingresses.entries()) {
    const answers: string[] = [];
    const ownOffsetS = (index === 0 ? skewMs : -skewMs) / 1_000;
    for (const [offsetS, isTaken] of [
      [-299, true],
      [299, true],
      [-301, false],
      [301, false],
    ] as const) {
      const urls = [ingress.url + flow.hookPath];
      const signature = { provider: "stripe", secret, offsetS: ownOffsetS + offsetS } as const;
      // Signatures carry whole seconds: at the beginning of one, a second more or less is seen.
      await delay(1_050 - (Date.now() % 1_000));
      const sending = world.send(flow, { urls, count: 1, connections: 1, resends: false, signature });
      await sending.done;
      const status = world.producer.attempts(sending.id)[0]?.status ?? 0;
      findings.must(
        isTaken === (status === 202),
        `a signature ${offsetS} s off the clock of ${ingress.name} was answered ${status}`,
      );
      answers.push(`${offsetS} s: ${status}`);
    }
    findings.note(`signatures off the clock of ${ingress.name}, itself ${ownOffsetS} s off: ${answers.join(", ")}`);
  }
  await check(world, flow, findings, { boundMs: 30_000 });
}
