import { sqlStateOf } from "./sql-state.ts";

/** Too much waits for the database already. Nothing was written: the sender may try again later. */
export class Overloaded extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Overloaded";
  }
}

export type GroupCommitOptions<Item, Result> = {
  /**
   * Writes these together, all or nothing, and answers in their order. Where it fails and neither the connection nor the
   * server is to blame, each item is flushed again alone, so that a bad one harms no other.
   */
  flush(items: readonly Item[]): Promise<readonly Result[]>;
  maxBatch: number;
  /** Flushes under way at once; one whose items are flushed alone counts once. */
  maxConcurrent: number;
  /**
   * While items come in company, a flush that is not full begins this long after the one before it: fewer, larger ones
   * cost much less. One that comes alone waits for nobody.
   */
  spacingMs?: number;
  /** Items that wait; beyond, `submit` rejects with Overloaded. */
  maxQueued: number;
  /** Items of one key never flush at once, and keep their order. Those without a key are in nobody's way. */
  keyOf?(item: Item): string | undefined;
  /** Whether a batch holds at most one item of a key; true unless said otherwise. */
  isKeyOnceInBatch?: boolean;
  /** For a batch's bound in bytes: a batch ends before `maxWeight`, but holds one item at least. */
  weigh?(item: Item): number;
  maxWeight?: number;
};

export interface GroupCommit<Item, Result> {
  /** Resolves once the item's own batch has committed. */
  submit(item: Item): Promise<Result>;
  /** Resolves when nothing waits and no flush is under way. */
  drain(): Promise<void>;
}

type Waiting<Item, Result> = {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

/** How many items are flushed alone at once: one may have to wait for what somebody else has locked. */
const maxAlone = 3;

/** Requests that arrive while a flush is under way share the next one: the busier, the larger the batches. */
export function createGroupCommit<Item, Result>(options: GroupCommitOptions<Item, Result>): GroupCommit<Item, Result> {
  let queue: Waiting<Item, Result>[] = [];
  let flushing = 0;
  let isScheduled = false;
  let lastBatch = { startedAt: Number.NEGATIVE_INFINITY, size: 0 };
  const busyKeys = new Set<string>();
  let idleListeners: (() => void)[] = [];

  /** Not at once: what arrives in the same turn of the event loop belongs together. */
  function schedule(): void {
    if (isScheduled || flushing >= options.maxConcurrent || queue.length === 0) return;
    isScheduled = true;
    setImmediate(() => {
      const waitMs = lastBatch.startedAt + spacingMs() - performance.now();
      if (waitMs > 0) setTimeout(flushAll, waitMs);
      else flushAll();
    });
  }

  function spacingMs(): number {
    return lastBatch.size === 1 || queue.length >= options.maxBatch ? 0 : (options.spacingMs ?? 0);
  }

  function flushAll(): void {
    isScheduled = false;
    while (flushing < options.maxConcurrent) {
      const batch = takeBatch();
      if (batch.length === 0) break;
      lastBatch = { startedAt: performance.now(), size: batch.length };
      void run(batch);
    }
  }

  function takeBatch(): Waiting<Item, Result>[] {
    const batch: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    const passedOver = new Set<string>();
    const ownKeys = new Set<string>();
    let weight = 0;
    let isFull = false;
    for (const [index, waiting] of queue.entries()) {
      const itemWeight = options.weigh?.(waiting.item) ?? 0;
      isFull ||= batch.length >= options.maxBatch;
      isFull ||= batch.length > 0 && weight + itemWeight > (options.maxWeight ?? Number.POSITIVE_INFINITY);
      if (isFull) {
        left.push(...queue.slice(index));
        break;
      }
      const key = options.keyOf?.(waiting.item);
      const isOwn = key !== undefined && options.isKeyOnceInBatch === false && ownKeys.has(key);
      if (key !== undefined && !isOwn && (busyKeys.has(key) || passedOver.has(key))) {
        passedOver.add(key);
        left.push(waiting);
        continue;
      }
      if (key !== undefined) {
        busyKeys.add(key);
        ownKeys.add(key);
      }
      weight += itemWeight;
      batch.push(waiting);
    }
    queue = left;
    return batch;
  }

  async function run(batch: Waiting<Item, Result>[]): Promise<void> {
    flushing++;
    try {
      await settle(batch);
    } finally {
      flushing--;
      for (const { item } of batch) {
        const key = options.keyOf?.(item);
        if (key !== undefined) busyKeys.delete(key);
      }
      if (queue.length > 0) schedule();
      else if (flushing === 0) {
        for (const listener of idleListeners) listener();
        idleListeners = [];
      }
    }
  }

  async function settle(batch: readonly Waiting<Item, Result>[], isFirstTry = true): Promise<void> {
    try {
      const results = await options.flush(batch.map(({ item }) => item));
      if (results.length !== batch.length) {
        throw new Error(`A flush of ${batch.length} items gave ${results.length} results.`);
      }
      for (const [index, result] of results.entries()) batch[index]?.resolve(result);
    } catch (error) {
      if (batch.length > 1 && isAboutOneItem(error)) {
        await settleEach(batch);
      } else if (isFirstTry && isPassing(error)) {
        await settle(batch, false);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async function settleEach(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const groups = groupsOf(batch).values();
    const settleNext = async () => {
      for (const group of groups) for (const waiting of group) await settle([waiting]);
    };
    await Promise.all(Array.from({ length: maxAlone }, settleNext));
  }

  /** Those of one key stay together, in their order. */
  function groupsOf(batch: readonly Waiting<Item, Result>[]): Waiting<Item, Result>[][] {
    const groups = new Map<unknown, Waiting<Item, Result>[]>();
    for (const waiting of batch) {
      const key = options.keyOf?.(waiting.item) ?? waiting;
      groups.set(key, [...(groups.get(key) ?? []), waiting]);
    }
    return [...groups.values()];
  }

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        if (queue.length >= options.maxQueued) {
          reject(new Overloaded(`${queue.length} writes wait for the database already.`));
          return;
        }
        queue.push({ item, resolve, reject });
        schedule();
      }),
    drain: () =>
      queue.length === 0 && flushing === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            idleListeners.push(resolve);
          }),
  };
}

// SQLSTATE classes of errors that meet every item alike: of the connection, the session's transaction (read only after a
// failover), authorization, the database's name, resources, an operator, the system.
const classesOfServer = ["08", "25", "28", "3D", "53", "57", "58"];

/** Where code tripped over a value while it made a statement. What `pg` and Node.js say of a connection is a plain Error. */
const isOfOurCode = (error: unknown): boolean =>
  error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError;

function isAboutOneItem(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined ? isOfOurCode(error) : !classesOfServer.includes(state.slice(0, 2));
}

/**
 * Rolled back by what happened to go on beside it: a deadlock, or a partition that was made while the row waited to enter
 * the default one. The next try will do.
 */
const isPassing = (error: unknown): boolean =>
  sqlStateOf(error)?.startsWith("40") === true ||
  (sqlStateOf(error) === "23514" &&
    error instanceof Error &&
    "table" in error &&
    String(error.table).endsWith("_default"));
