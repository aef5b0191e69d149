import { setTimeout as delay } from "node:timers/promises";

/** Polls until there is a value, or until the deadline: then undefined. */
export async function poll<Value>(
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  deadlineMs: number,
  everyMs = 50,
): Promise<Value | undefined> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) return undefined;
    await delay(everyMs);
  }
}

/** As `poll`, but a condition that never comes is an error of the harness or a process that is broken beyond the fault. */
export async function must<Value>(
  what: string,
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
  deadlineMs: number,
): Promise<Value> {
  const value = await poll(look, deadlineMs);
  if (value === undefined) throw new Error(`${what}: not so after ${deadlineMs} ms`);
  return value;
}

export { delay };
