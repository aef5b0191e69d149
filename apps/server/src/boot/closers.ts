import type { Logger } from "pino";

/** Hurried: something is broken, so nothing waits for what is under way. */
export type Manner = "orderly" | "hurried";

type Open = { name: string; limitMs: number; close: (manner: Manner) => Promise<void> };

const hurriedLimitMs = 1_500;

/** What was opened, closed in the opposite order. One that fails or takes too long is logged and does not keep the others open. */
export function createClosers(log: Pick<Logger, "error">) {
  const open: Open[] = [];
  let closing: Promise<void> | undefined;

  async function closeAll(manner: Manner): Promise<void> {
    for (let next = open.pop(); next; next = open.pop()) {
      try {
        await closeOne(next, manner);
      } catch (error) {
        log.error({ err: error }, `could not close ${next.name}`);
      }
    }
  }

  return {
    add(name: string, limitMs: number, close: Open["close"]): void {
      open.push({ name, limitMs, close });
    },
    close(manner: Manner = "orderly"): Promise<void> {
      closing ??= closeAll(manner);
      return closing;
    },
    isClosing: (): boolean => closing !== undefined,
  };
}

export type Closers = ReturnType<typeof createClosers>;

async function closeOne({ close, limitMs }: Open, manner: Manner): Promise<void> {
  const ms = manner === "hurried" ? Math.min(limitMs, hurriedLimitMs) : limitMs;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It took longer than ${ms} ms.`)), ms);
  });
  try {
    await Promise.race([close(manner), limit]);
  } finally {
    clearTimeout(timer);
  }
}
