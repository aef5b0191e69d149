import type { Outage } from "./outage.ts";
import type { Openable } from "./store-port.ts";
import { within } from "./within.ts";

export type Kept<T> = {
  /** Undefined until it could be opened. */
  current(): T | undefined;
  /** Gives up what is open and opens another; nothing if none is open. */
  replace(): void;
  close(): Promise<void>;
};

const openLimitMs = 5_000;
/** A process starts without its queue rather than late. */
const firstWaitMs = 2_000;
const closeLimitMs = 5_000;
const retryAfterMs = 1_000;

/**
 * BullMQ's objects reconnect once they were ready, but one that fails before that stays broken (its readiness is memoized).
 * So we make new ones until one is ready. Resolves after the first attempt, or after 2 s, whatever came of it.
 */
export async function keepOpen<T extends Openable>(opening: {
  prepare: () => Promise<void>;
  create: () => T;
  onOpen?: (resource: T) => Promise<void>;
  outage: Outage;
}): Promise<Kept<T>> {
  let opened: T | undefined;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let attempting: Promise<void>;
  let cancel: () => void = () => undefined;
  const canceled = new Promise<never>((_, reject) => {
    cancel = () => reject(new Error("closed while it was opening"));
  });
  canceled.catch(() => undefined);

  async function attempt(): Promise<void> {
    let resource: T | undefined;
    try {
      await within(openLimitMs, "preparing the store", opening.prepare());
      resource = opening.create();
      await within(openLimitMs, "connecting to the store", Promise.race([resource.waitUntilReady(), canceled]));
      await opening.onOpen?.(resource);
      opened = resource;
      opening.outage.end();
    } catch (error) {
      if (!isClosed) opening.outage.begin(error);
      await closeQuietly(resource);
      if (!isClosed) timer = setTimeout(again, retryAfterMs);
    }
  }
  function again(): void {
    attempting = attempt();
  }

  attempting = attempt();
  await within(firstWaitMs, "connecting to the store", attempting).catch(opening.outage.begin);
  return {
    current: () => opened,
    replace() {
      if (isClosed || !opened) return;
      const given = opened;
      opened = undefined;
      attempting = Promise.all([closeQuietly(given), attempt()]).then(() => undefined);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      cancel();
      await attempting;
      await closeQuietly(opened);
      opened = undefined;
    },
  };
}

/** A store that is away must not keep a process from ending. */
async function closeQuietly(resource: Openable | undefined): Promise<void> {
  if (!resource) return;
  await within(closeLimitMs, "closing", resource.close()).catch(() => undefined);
}
