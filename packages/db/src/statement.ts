import { createHash } from "node:crypto";
import type pg from "pg";

/** SQL that each session parses once: PostgreSQL keeps named statements. For what runs for every request and every step. */
export function statement(text: string): (values: unknown[]) => pg.QueryConfig {
  // Of its text, so that processes of two releases never share a name.
  const name = createHash("sha256").update(text).digest("base64url").slice(0, 22);
  return (values) => ({ name, text, values });
}
