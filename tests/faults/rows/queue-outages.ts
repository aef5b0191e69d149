import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import { delay } from "../until.ts";

export const queueOutages: readonly Fault[] = [
  {
    id: "F6",
    title: "the queue is killed, wiped and away under load",
    layout: "split",
    async inject(world, findings, size) {
      const { stores } = world;
      const flow = await world.newFlow("f6", { counts: false });
      const sending = world.send(flow, {
        count: 100_000,
        ratePerS: size.isFull ? 100 : 60,
        connections: 50,
        resends: false,
      });
      await delay(2_000);
      await stores.wipeQueue();
      await delay(3_000);
      if (stores.redis) {
        await stores.redis.kill();
        await delay(1_000);
        await stores.redis.restart();
        await delay(2_000);
        await stores.redis.kill();
        await delay(size.isFull ? 60_000 : 6_000);
        await stores.redis.restart();
      } else {
        // Without the schema nothing can be rung; the same processes must make it again.
        await stores.wipeQueue();
        await delay(3_000);
      }
      const backAt = performance.now();
      await delay(2_000);
      await stores.wipeQueue();
      sending.stop();
      await sending.done;
      const attempts = world.producer.attempts(sending.id);
      const refused = attempts.filter(({ status }) => status < 200 || status > 299);
      findings.note(`${attempts.length} requests, ${refused.length} not answered 2xx`);
      findings.must(
        refused.length === 0,
        `${refused.length} requests were not answered 2xx, such as ${refused[0]?.status} ${refused[0]?.error ?? ""}`,
      );
      await check(world, flow, findings, { boundMs: 60_000 });
      const drainedMs = performance.now() - backAt;
      findings.recovered(drainedMs);
      findings.within("backlog drained after the queue's return", drainedMs, 60_000);
    },
  },
];
