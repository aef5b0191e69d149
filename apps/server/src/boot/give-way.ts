import { readdirSync } from "node:fs";
import { constants, platform, setPriority } from "node:os";
import type { Logger } from "pino";

/**
 * Senders wait for those that take webhooks, nobody waits for one that only works: where both share processors, the latter leaves
 * them to the former and to the database (docs/decisions/0007). Called once it has started, which should not take longer for it.
 * On Linux a priority is a thread's: those that collect garbage beside the main one have their own.
 */
export function giveWay(log: Logger): void {
  try {
    for (const thread of threads()) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (err) {
    log.warn({ err }, "this process keeps its priority on the processors");
  }
}

/** Their ids; elsewhere 0, which means all of this process. */
function threads(): number[] {
  return platform() === "linux" ? readdirSync("/proc/self/task").map(Number) : [0];
}
