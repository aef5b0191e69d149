import type { Accepted, Intake } from "@millrace/engine";
import { createGroupCommit } from "../group-commit.ts";
import { type Arrival, acceptArrival, refuseArrival, startArrival } from "./arrival.ts";
import type { HotPath } from "./hot-path.ts";
import { createArrivalWriter } from "./write-arrivals.ts";

const limits = {
  maxBatch: 100,
  maxConcurrent: 2,
  spacingMs: 8,
  maxQueued: 5_000,
  // Bodies are at most 1 MiB each; a batch of them should not become a statement of 100 MiB.
  maxWeight: 8 * 1024 * 1024,
};

/** Requests that arrive at once are stored by one transaction. Rejects with Overloaded when too many wait. */
export function createIntake(hotPath: HotPath): Intake {
  const writes = createGroupCommit<Arrival, Accepted>({
    ...limits,
    flush: createArrivalWriter(hotPath),
    // Positions follow the order of arrival only where an earlier request of the same key is not still under way.
    keyOf: (arrival) =>
      arrival.kind !== "refuse" && arrival.orderKey !== ""
        ? `${arrival.request.automationId} ${arrival.orderKey}`
        : undefined,
    isKeyOnceInBatch: false,
    weigh: ({ request }) => request.event.body.byteLength,
  });
  return {
    accept: (request) => writes.submit(acceptArrival(request)),
    async refuse(request) {
      const { deliveryId } = await writes.submit(refuseArrival(request));
      return { deliveryId };
    },
    async start(request) {
      const { runId } = await writes.submit(startArrival(request));
      return { runId };
    },
  };
}
