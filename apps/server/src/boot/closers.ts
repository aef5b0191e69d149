import type { Logger } from "pino";

/** What was opened, closed in the opposite order. One that fails is logged and does not keep the others open. */
export function createClosers(log: Logger) {
  const open: { name: string; close: () => Promise<void> }[] = [];
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    for (let next = open.pop(); next; next = open.pop()) {
      try {
        await next.close();
      } catch (error) {
        log.error({ err: error }, `could not close ${next.name}`);
      }
    }
  }

  return {
    add(name: string, close: () => Promise<void>): void {
      open.push({ name, close });
    },
    close(): Promise<void> {
      closing ??= closeAll();
      return closing;
    },
  };
}

export type Closers = ReturnType<typeof createClosers>;
