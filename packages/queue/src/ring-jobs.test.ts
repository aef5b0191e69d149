import fc from "fast-check";
import { expect, test } from "vitest";
import { ringJobs, runIdsPerJob } from "./ring-jobs.ts";
import { shardOf } from "./shard-of.ts";

const ring = fc.record({
  runIds: fc.array(fc.stringMatching(/^run_[a-f]{1,3}$/), { maxLength: 120 }),
  delayMs: fc.constantFrom(0, 1_000, 60_000),
});

test("every id is announced exactly once for each delay it was rung with", () => {
  fc.assert(
    fc.property(fc.array(ring, { maxLength: 6 }), (rings) => {
      const announced = ringJobs(rings).flatMap(({ data, opts }) =>
        data.runIds.map((id) => `${id} ${opts.delay ?? 0}`),
      );
      const rung = new Set(rings.flatMap(({ runIds, delayMs }) => runIds.map((id) => `${id} ${delayMs}`)));
      expect(announced.toSorted()).toEqual([...rung].toSorted());
    }),
  );
});

test("no job announces more than 50 runs, and none is empty", () => {
  fc.assert(
    fc.property(fc.array(ring, { maxLength: 6 }), (rings) => {
      for (const { data } of ringJobs(rings)) {
        expect(data.runIds.length).toBeGreaterThan(0);
        expect(data.runIds.length).toBeLessThanOrEqual(runIdsPerJob);
      }
    }),
  );
});

test("a workspace's rings always go to the same queue, and workspaces spread over all queues", () => {
  const shards = Array.from({ length: 1_000 }, (_, index) => shardOf(`ws_${index}`, 4));
  expect(Array.from({ length: 1_000 }, (_, index) => shardOf(`ws_${index}`, 4))).toEqual(shards);
  for (const shard of [0, 1, 2, 3]) expect(shards.filter((each) => each === shard).length).toBeGreaterThan(150);
});
