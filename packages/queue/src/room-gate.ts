import type { Job } from "bullmq";
import type { RingData, RingWorker } from "./store-port.ts";

const recheckMs = 50;

/**
 * Lets a worker fetch jobs only while there is room for more than the rings it has in hand. The one job that was already
 * being fetched when the room went is kept until there is room again.
 */
export function openRoomGate(worker: Pick<RingWorker, "pause" | "resume" | "isPaused">, room: () => number) {
  const inHand = new Map<string | undefined, number>();
  let runsInHand = 0;
  let restUntilMs = 0;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let waiting: ((hasRoom: boolean) => void)[] = [];

  const isResting = () => performance.now() < restUntilMs;

  function update(): void {
    if (room() > runsInHand && !isResting()) return;
    if (!worker.isPaused()) worker.pause();
    recheckIn(recheckMs);
  }
  function recheckIn(ms: number): void {
    if (!isClosed) timer ??= setTimeout(recheck, ms);
  }
  // Only ever from a timer: BullMQ's loop may be ending, and must have ended before it can be started again.
  function recheck(): void {
    timer = undefined;
    if (isClosed) return;
    if (room() > 0) serve(true);
    if (room() > runsInHand && !isResting()) worker.resume();
    else recheckIn(recheckMs);
  }
  function serve(hasRoom: boolean): void {
    const served = waiting;
    waiting = [];
    for (const answer of served) answer(hasRoom);
  }
  function recheckSoon(): void {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    recheckIn(0);
  }

  return {
    update,
    take(job: Pick<Job<RingData>, "id" | "data">): void {
      inHand.set(job.id, job.data.runIds.length);
      runsInHand += job.data.runIds.length;
      update();
    },
    release(job: Pick<Job<RingData>, "id">): void {
      runsInHand -= inHand.get(job.id) ?? 0;
      inHand.delete(job.id);
      recheckSoon();
      update();
    },
    /** Resolves to false when the gate closes before there is room. */
    async untilRoom(): Promise<boolean> {
      if (isClosed) return false;
      if (room() > 0) return true;
      return new Promise((resolve) => {
        waiting.push(resolve);
        update();
      });
    },
    /** Fetches nothing for a while: after errors that would repeat at once. */
    rest(ms: number): void {
      restUntilMs = performance.now() + ms;
      update();
    },
    /** There may be room now; without it a full gate looks again every 50 ms. */
    recheckSoon,
    close(): void {
      isClosed = true;
      clearTimeout(timer);
      serve(false);
    },
  };
}
