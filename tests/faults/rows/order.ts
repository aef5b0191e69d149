import { ApiError } from "@millrace/contract";
import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import { type Flow, flowDefinition } from "../flow.ts";
import { groupBy } from "../group-by.ts";
import type { World } from "../world.ts";

/** How a trigger may ask for strict order; the one that the schema takes is used. */
const orderings = [
  { order: "{{ string(trigger.body.seq % 10) }}" },
  { orderBy: "{{ string(trigger.body.seq % 10) }}" },
  { serial: "{{ string(trigger.body.seq % 10) }}" },
  { ordered: "{{ string(trigger.body.seq % 10) }}" },
  { orderKey: "{{ string(trigger.body.seq % 10) }}" },
];

export const arrivalOrder: Fault = {
  id: "F14",
  title: "numbered events out of order; strict order per key",
  layout: "split",
  async inject(world, findings, size) {
    const flow = await world.newFlow("f14", { counts: false });
    await world.send(flow, { count: size.times(1_000, 300), connections: 50, resends: true }).done;
    await check(world, flow, findings, { boundMs: 60_000 });
    const ordered = await pushOrdered(world);
    if (!ordered) {
      findings.notBuilt("strict order per key: no trigger option for it is accepted");
      return;
    }
    await judgeOrder(world, ordered, size.times(1_000, 300), findings);
  },
};

async function pushOrdered(world: World): Promise<Flow | undefined> {
  const name = "f14-ordered";
  for (const option of orderings) {
    const definition = flowDefinition(name, world.sink.urlOf(name), { counts: false });
    const trigger = { type: "webhook", dedupe: "{{ trigger.body.id }}", ...option };
    try {
      const pushed = await world.client().automations.push({ definition: { ...definition, trigger }, publish: true });
      const hookPath = new URL(pushed.webhookUrl ?? "").pathname;
      return { name, automationId: pushed.id, hookPath, atMostOnce: false, counts: false };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
  return undefined;
}

/** One sender, one request after the other, so that the order of arrival is known: each key's calls must keep it. */
async function judgeOrder(world: World, flow: Flow, count: number, findings: Findings): Promise<void> {
  world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: 20 });
  await world.send(flow, { count, connections: 1, resends: true }).done;
  await check(world, flow, findings, { boundMs: 120_000 });
  const seqOf = (event: string) => Number(event.slice(event.lastIndexOf("-") + 1));
  const perKey = groupBy(world.sink.calls(flow.name), ({ event }) => seqOf(event) % 10);
  const disordered = [...perKey.values()].filter((calls) =>
    calls.some(({ event }, index) => index > 0 && seqOf(event) < seqOf(calls[index - 1]?.event ?? "")),
  );
  findings.must(disordered.length === 0, `the calls of ${disordered.length} of 10 keys came out of order`);
}
