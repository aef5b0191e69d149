import { check, runsHeldBy } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import type { ServerProcess } from "../server-process.ts";
import { delay, poll } from "../until.ts";
import type { World } from "../world.ts";

const heldMs = 700;
const heldAfterMs = 400;
const arrivedMs = 250;

export const drain: Fault = {
  id: "F21",
  title: "SIGTERM with requests and steps under way",
  layout: "split",
  async inject(world, findings, size) {
    for (let round = 0; round < size.times(20, 1); round++) {
      await drainWorker(world, findings, 2_000);
      await drainIngress(world, findings);
    }
    // Steps that take longer than the grace are handed to the other worker.
    await drainWorker(world, findings, 60_000);
    await secondSignal(world, findings);
  },
};

async function drainWorker(world: World, findings: Findings, stepMs: number): Promise<void> {
  const flow = await world.newFlow("f21", { timeout: "90s" });
  const isLong = stepMs > 30_000;
  world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: stepMs });
  await world.send(flow, { count: 50, connections: 50, resends: true }).done;
  await poll(() => world.sink.calls(flow.name).length >= 50, 15_000);
  if (isLong) world.sink.setMode(flow.name, { kind: "answer", status: 200 });
  const worker = await busiest(world);
  await judgeEnd(worker, findings, `worker with ${stepMs / 1_000} s steps`, 32_000);
  await check(world, flow, findings, { boundMs: stepMs + 45_000 });
  await worker.start();
}

async function busiest(world: World): Promise<ServerProcess> {
  const [first, second] = world.workers;
  return (await runsHeldBy(world, first)) >= (await runsHeldBy(world, second)) ? first : second;
}

async function judgeEnd(process: ServerProcess, findings: Findings, name: string, barMs: number): Promise<void> {
  const at = performance.now();
  const unready = poll(async () => !(await isReady(process)) && performance.now() - at, 5_000, 20);
  const code = await process.stop(60_000);
  const tookMs = performance.now() - at;
  findings.must(code === 0, `${name}: exit code ${code}`);
  findings.within(`${name}: readiness says no after`, await unready, 1_000);
  findings.within(`${name}: ended after`, tookMs, barMs);
  findings.recovered(tookMs);
}

/** Nothing can be written from a while before the signal until a while after, so that there are requests under way. */
async function drainIngress(world: World, findings: Findings): Promise<void> {
  const flow = await world.newFlow("f21-ingress", { counts: false });
  const [ingress] = world.ingresses;
  const urls = [ingress.url + flow.hookPath];
  const sending = world.send(flow, { urls, count: 100_000, ratePerS: 50, connections: 50, resends: true });
  await delay(2_000);
  const client = await world.stores.pool.connect();
  await client.query("BEGIN");
  await client.query("LOCK TABLE runs IN SHARE MODE");
  await delay(heldMs);
  const endAt = Date.now();
  const freed = delay(heldAfterMs)
    .then(() => client.query("ROLLBACK"))
    .finally(() => client.release());
  await judgeEnd(ingress, findings, "ingress", 15_000);
  await freed;
  await ingress.start();
  await delay(500);
  sending.stop();
  await sending.done;
  const sent = world.producer.attempts(sending.id).filter(({ sentAt }) => sentAt < endAt);
  // What was sent in the very moment of the signal may not have arrived yet; what was sent well before it has.
  const underWay = sent.filter(({ sentAt, tookMs }) => sentAt < endAt - arrivedMs && sentAt + tookMs > endAt);
  const cut = underWay.filter(({ status }) => status === 0);
  const late = sent.filter(({ status, sentAt }) => status === 0 && sentAt >= endAt - arrivedMs);
  const taken = underWay.filter(({ status }) => status === 202).length;
  findings.note(`${underWay.length} requests under way at the signal: ${taken} answered 202, ${cut.length} cut off`);
  findings.note(`${late.length} requests of the last ${arrivedMs} ms were cut off and had to be sent again`);
  findings.must(underWay.length >= 10, `only ${underWay.length} requests were under way at the signal; expected 10`);
  findings.must(
    cut.length === 0,
    `${cut.length} of ${underWay.length} requests under way were cut off, such as: ${cut[0]?.error}`,
  );
  await check(world, flow, findings, { boundMs: 30_000 });
}

/** Whoever asks twice does not want to wait. */
async function secondSignal(world: World, findings: Findings): Promise<void> {
  const flow = await world.newFlow("f21-twice", { timeout: "90s" });
  world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: 60_000 });
  await world.send(flow, { count: 10, connections: 10, resends: true }).done;
  await poll(() => world.sink.calls(flow.name).length >= 10, 15_000);
  world.sink.setMode(flow.name, { kind: "answer", status: 200 });
  const worker = await busiest(world);
  worker.signal("SIGTERM");
  await delay(500);
  const at = performance.now();
  worker.signal("SIGTERM");
  await Promise.race([worker.ended(), delay(20_000)]);
  findings.within("second SIGTERM ends the process after", performance.now() - at, 2_000);
  await worker.kill();
  await worker.start();
  // The other worker's share waits for its answers of a minute.
  await check(world, flow, findings, { boundMs: 105_000 });
}

async function isReady({ url }: ServerProcess): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
