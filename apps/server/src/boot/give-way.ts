import { constants, setPriority } from "node:os";
import type { Logger } from "pino";

/**
 * Senders wait for those that take webhooks, nobody waits for one that only works: where both share processors, the latter leaves
 * them to the former and to the database (docs/decisions/0007). Called once it has started, which should not take longer for it.
 */
export function giveWay(log: Logger): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (err) {
    log.warn({ err }, "this process keeps its priority on the processors");
  }
}
