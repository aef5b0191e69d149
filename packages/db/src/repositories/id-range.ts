import { type IdKind, isId, lowestIdAt } from "@millrace/base";
import { InvalidCursor } from "./invalid-cursor.ts";

export type IdRangeRequest = {
  /** The last id of the page before. */
  cursor?: string | undefined;
  /** From this time on. */
  since?: Date | undefined;
  /** Before this time. */
  until?: Date | undefined;
};

/**
 * Times become bounds on the id, which starts with its time: PostgreSQL then leaves out whole partitions and reads the
 * rest in the order of an index.
 */
export function idRange(kind: IdKind, { cursor, since, until }: IdRangeRequest): { gte?: string; lt?: string } {
  if (cursor !== undefined && !isId(kind, cursor)) throw new InvalidCursor();
  const above = [cursor, until && lowestIdAt(kind, until)].filter((id) => id !== undefined).sort();
  return { ...(since && { gte: lowestIdAt(kind, since) }), ...(above[0] !== undefined && { lt: above[0] }) };
}
