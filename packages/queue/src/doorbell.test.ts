import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDoorbell } from "./doorbell.ts";
import { openRingListener } from "./ring-listener.ts";
import { jobStores, type TestStore } from "./testing/job-stores.ts";
import { logLines } from "./testing/log-lines.ts";

let store: TestStore;
beforeAll(async () => {
  const [postgres] = jobStores.filter(({ name }) => name === "PostgreSQL");
  if (!postgres) throw new Error("There is no store called PostgreSQL.");
  store = await postgres.open();
});
afterAll(() => store.close());

test("on PostgreSQL, rings that follow a job closely wait for each other and share the next one", async () => {
  const rings: (readonly string[])[] = [];
  const listener = await openRingListener(store.config, {
    room: () => 100,
    log: logLines(),
    onRing: async (runIds) => void rings.push(runIds),
  });
  const doorbell = await openDoorbell(store.config, { log: logLines() });
  let round = 0;
  const ringThree = async () => {
    round++;
    await doorbell.ring("ws_a", [`run_${round}_first`]);
    const second = doorbell.ring("ws_a", [`run_${round}_second`]);
    // In another turn of the event loop, so they are not made together.
    await nextTurn();
    await Promise.all([second, doorbell.ring("ws_a", [`run_${round}_third`])]);
    return rings.some((runIds) => /^(run_\d+)_second,\1_third$/.test(runIds.join()));
  };
  // On a machine that is busy elsewhere a turn may take longer than they wait.
  await expect.poll(ringThree, { timeout: 20_000 }).toBe(true);
  await expect.poll(() => rings.flat().length, { timeout: 10_000 }).toBe(round * 3);
  await doorbell.close();
  await listener.close();
});
