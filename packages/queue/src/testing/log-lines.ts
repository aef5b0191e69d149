import type { QueueLog } from "../outage.ts";

export type LogLines = QueueLog & { lines: string[] };

/** A log that tests can read. */
export function logLines(): LogLines {
  const lines: string[] = [];
  const write = (facts: Record<string, unknown>, message: string) =>
    void lines.push(`${message} ${JSON.stringify(facts)}`);
  return { lines, info: write, warn: write };
}
