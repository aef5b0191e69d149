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
      [100, size.times(200)],
      [1_000, size.times(200)],
    ] as const) {
      const sendings: string[] = [];
      // One key after the other: more at once than a process has room for is another row's matter.
      for (let key = 0; key < keys; key++) {
        const sending = world.send(flow, { count: 1, copies, connections: copies, resends: false });
        await sending.done;
        sendings.push(sending.id);
      }
      judgeCopies(world, sendings, copies, findings);
    }
    await check(world, flow, findings, { boundMs: 60_000 });
  },
};

/** Every copy of a key is answered 2xx with the same run; each key has a sending of its own. */
export function judgeCopies(world: World, sendings: readonly string[], copies: number, findings: Findings): void {
  const name = `${copies} copies`;
  const sent = sendings.length * copies;
  const acks = sendings.flatMap((id) => world.producer.acks(id));
  findings.note(`${name}: ${acks.length} of ${sent} requests to ${sendings.length} keys answered 2xx`);
  findings.must(acks.length === sent, `${name}: ${acks.length} of ${sent} requests were answered 2xx`);
  const runs = [...groupBy(acks, ({ event }) => event).values()];
  const split = runs.filter((ofKey) => new Set(ofKey.map(({ runId }) => runId)).size > 1).length;
  findings.must(split === 0, `${name}: the senders of ${split} keys were given different runs`);
  const took = sendings.flatMap((id) => world.producer.attempts(id).map(({ tookMs }) => tookMs));
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
    const runs = await check(world, flow, findings, { boundMs: 30_000 });
    findings.note(`${runs.length} runs of 5 keys, each sent 6 times`);
    findings.must(runs.length === 5, `there are ${runs.length} runs of 5 keys`);
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
    const flagged = await conflicts(world, flow);
    findings.note(`${flagged} of 10 conflicting requests flagged`);
    findings.must(flagged === 10, `${flagged} of 10 conflicting requests are flagged in the history`);
    const first = await runsWithVariant(world, flow, 1);
    findings.must(first === 10, `${first} of 10 runs have the body that came first`);
  },
};

async function runsWithVariant({ stores }: World, flow: Flow, variant: number): Promise<number> {
  const { rows } = await stores.pool.query<{ runs: number }>(
    `SELECT count(*)::int AS runs FROM runs r JOIN events e ON e.id = r.event_id
     WHERE r.automation_id = $1 AND (convert_from(e.body, 'UTF8')::json->>'variant')::int = $2`,
    [flow.automationId, variant],
  );
  return rows[0]?.runs ?? 0;
}

async function conflicts(world: World, flow: Flow): Promise<number> {
  const { items } = await world.client().deliveries.list({ automationId: flow.automationId, limit: 100 });
  return items.filter(({ verdict, reason }) => verdict === "duplicate" && /another body/.test(reason ?? "")).length;
}
