import { setTimeout as sleep } from "node:timers/promises";

/** Also the least that it waits, for those who try again and again while nobody takes their webhook. */
const lookEveryMs = 50;
const limitMs = 1_000;

/**
 * Resolves once no webhook is on its way through, or after a second of them. Called before the rest of a process is loaded,
 * which keeps its one thread for half a second: the senders who waited for the process are answered before that, and its
 * first lookup and first write, which open sessions and plan statements, are made.
 */
export async function sendersFirst(isOnItsWay: () => boolean): Promise<void> {
  const until = performance.now() + limitMs;
  do await sleep(lookEveryMs);
  while (isOnItsWay() && performance.now() < until);
}
