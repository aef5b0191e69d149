import { isAccepted, isShed } from "../answers.ts";
import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import { percentile } from "../findings.ts";
import { watchMemory } from "../memory.ts";

export const burst: Fault = {
  id: "L2",
  title: "a burst of webhooks over 300 connections",
  layout: "split",
  isDirect: true,
  async inject(world, findings, size) {
    const flow = await world.newFlow("l2", { counts: false, canary: false });
    const memory = watchMemory(world);
    const sending = world.send(flow, {
      count: size.isFull ? 10_000 : 4_000,
      connections: 300,
      resends: false,
      timeoutMs: 30_000,
    });
    await sending.done;
    const attempts = world.producer.attempts(sending.id);
    const odd = attempts.filter((attempt) => !isAccepted(attempt) && !isShed(attempt));
    findings.must(
      odd.length === 0,
      `${odd.length} requests got neither 2xx nor 429 or 503, such as ${odd[0]?.status} ${odd[0]?.error ?? ""}`,
    );
    const took = attempts.map(({ tookMs }) => tookMs);
    findings.within("slowest answer", percentile(took, 1), 5_000);
    findings.within("p99 of the answers", percentile(took, 0.99), 3_000);
    const sentForS =
      (Math.max(...attempts.map(({ sentAt, tookMs }) => sentAt + tookMs)) -
        Math.min(...attempts.map(({ sentAt }) => sentAt))) /
      1_000;
    findings.note(
      `${attempts.length} requests (10,000 with --full), ${Math.round(attempts.length / sentForS)} answers/s`,
    );
    const at = performance.now();
    await check(world, flow, findings, { boundMs: 120_000 });
    findings.recovered(performance.now() - at);
    memory.judge(findings);
  },
};
