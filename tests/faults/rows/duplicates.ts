import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import { type Findings, percentile } from "../findings.ts";
import type { Flow } from "../flow.ts";
import { groupBy } from "../group-by.ts";
import { poll } from "../until.ts";
import { restart, type World } from "../world.ts";

const duplicateBarMs = 2_000;

export const sameKeyAtOnce: Fault = {
  id: "F11",
  title: "the same key many times at once, over two processes",
  layout: "split",
  async inject(world, findings, size) {
    const flow = await world.newFlow("f11", { counts: false });
    for (const [copies, keys] of [
      [2, size.times(200)],
      [10, size.times(200)],
      [100, size.times(200, 5)],
      [1_000, size.isFull ? 20 : 2],
    ] as const) {
      const sending = world.send(flow, {
        count: keys,
        copies,
        connections: Math.min(1_000, copies * 2),
        resends: false,
      });
      await sending.done;
      judgeCopies(world, sending.id, keys * copies, `${copies} copies`, findings);
    }
    await check(world, flow, findings, { boundMs: 60_000 });
  },
};

/** Every copy is answered 2xx with the same run. */
export function judgeCopies(world: World, sendingId: string, sent: number, name: string, findings: Findings): void {
  const acks = world.producer.acks(sendingId);
  findings.must(acks.length === sent, `${name}: ${acks.length} of ${sent} requests were answered 2xx`);
  const runs = [...groupBy(acks, ({ event }) => event).values()];
  const split = runs.filter((copies) => new Set(copies.map(({ runId }) => runId)).size > 1).length;
  findings.must(split === 0, `${name}: the senders of ${split} keys were given different runs`);
  const took = world.producer.attempts(sendingId).map(({ tookMs }) => tookMs);
  findings.within(`${name}: p99 of the answers`, percentile(took, 0.99), duplicateBarMs);
}

export const sameKeyLater: Fault = {
  id: "F12",
  title: "the same key after the run ended, after a day, after a restart",
  layout: "split",
  async inject(world, findings) {
    const flow = await world.newFlow("f12", { counts: false });
    const send = () => world.send(flow, { prefix: `${flow.name}/again`, count: 5, connections: 5, resends: true }).done;
    await send();
    await poll(async () => (await runsOf(world, flow)).every(({ status }) => status === "succeeded"), 30_000);
    await send();
    // The injected clock: what is stored becomes a day, then six days older.
    for (const age of ["24 hours", "120 hours"]) {
      await world.stores.pool.query(`UPDATE dedupe_keys SET created_at = created_at - interval '${age}'`);
      await send();
    }
    await world.stores.wipeQueue(); // as removeOnComplete does, and more
    await send();
    for (const process of world.ingresses) await restart(process);
    for (const process of world.workers) await restart(process);
    await send();
    await check(world, flow, findings, { boundMs: 30_000 });
    findings.must((await runsOf(world, flow)).length === 5, "there is more than one run of a key");
  },
};

export const sameKeyOtherBody: Fault = {
  id: "F13",
  title: "the same key with another body",
  layout: "split",
  async inject(world, findings) {
    const flow = await world.newFlow("f13", { counts: false });
    for (const variant of [1, 2]) {
      await world.send(flow, {
        prefix: `${flow.name}/same`,
        count: 10,
        connections: 5,
        resends: true,
        extra: { variant },
      }).done;
    }
    await check(world, flow, findings, { boundMs: 30_000 });
    findings.must(
      (await conflicts(world, flow)) === 10,
      `${await conflicts(world, flow)} of 10 conflicting requests are flagged in the history`,
    );
  },
};

async function conflicts(world: World, flow: Flow): Promise<number> {
  const { items } = await world.client().deliveries.list({ automationId: flow.automationId, limit: 100 });
  return items.filter(({ verdict, reason }) => verdict === "duplicate" && /another body/.test(reason ?? "")).length;
}
