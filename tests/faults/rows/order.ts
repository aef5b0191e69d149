import { ApiError } from "@millrace/contract";
import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import type { Flow } from "../flow.ts";
import { groupBy } from "../group-by.ts";
import type { Ack } from "../producer-messages.ts";
import type { World } from "../world.ts";

const answerAfterMs = 20;

export const arrivalOrder: Fault = {
  id: "F14",
  title: "numbered events out of order; strict order per key",
  layout: "split",
  async inject(world, findings, size) {
    const flow = await world.newFlow("f14", { counts: false });
    const shuffleSeed = world.random.below(1_000_000);
    const sending = world.send(flow, { count: size.times(1_000, 300), connections: 50, resends: true, shuffleSeed });
    await sending.done;
    const early = countEarly(world.producer.acks(sending.id));
    findings.note(`${early} events were taken before one with a smaller number`);
    findings.must(early > 0, "the events arrived in the order of their numbers");
    await check(world, flow, findings, { boundMs: 60_000 });
    const ordered = await orderedFlow(world, findings);
    if (ordered) await judgeOrder(world, ordered, size.times(1_000, 200), findings);
  },
};

/** How many were acknowledged before another one with a smaller number. */
function countEarly(acks: readonly Ack[]): number {
  let smallest = Number.POSITIVE_INFINITY;
  let early = 0;
  for (const { seq } of acks.toReversed()) {
    if (seq > smallest) early++;
    smallest = Math.min(smallest, seq);
  }
  return early;
}

async function orderedFlow(world: World, findings: Findings): Promise<Flow | undefined> {
  try {
    return await world.newFlow("f14-ordered", {
      counts: false,
      trigger: { order: "{{ string(trigger.body.seq % 10) }}" },
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    findings.notBuilt(`strict order per key: ${error.message}`);
    return undefined;
  }
}

/** One sender, one request after the other, so that the order of arrival is known: each key's calls must keep it. */
async function judgeOrder(world: World, flow: Flow, count: number, findings: Findings): Promise<void> {
  world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: answerAfterMs });
  await world.send(flow, { count, connections: 1, resends: true }).done;
  await check(world, flow, findings, { boundMs: 120_000 });
  const seqOf = (event: string) => Number(event.slice(event.lastIndexOf("-") + 1));
  const perKey = groupBy(world.sink.calls(flow.name), ({ event }) => seqOf(event) % 10);
  // One at a time: a key's next call comes only after the answer to the one before.
  const together = [...perKey.values()].filter((calls) =>
    calls.some(({ at }, index) => index > 0 && at - (calls[index - 1]?.at ?? 0) < answerAfterMs),
  );
  findings.note(`${count} events, one sender, ${perKey.size} keys: ${together.length} with two runs at once`);
  findings.must(together.length === 0, `runs of ${together.length} of 10 keys were under way at once`);
  const disordered = [...perKey.values()].filter((calls) =>
    calls.some(({ event }, index) => index > 0 && seqOf(event) < seqOf(calls[index - 1]?.event ?? "")),
  );
  findings.must(disordered.length === 0, `the calls of ${disordered.length} of 10 keys came out of order`);
}
