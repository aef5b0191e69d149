import { createHash } from "node:crypto";
import type pg from "pg";
import { type BinaryElement, binaryArray } from "./binary-array.ts";

/**
 * SQL that each session parses once: PostgreSQL keeps named statements. For what runs for every request and every step.
 * A parameter that is written as `$1::text[]` or `$1::bytea[]` goes out in binary form.
 */
export function statement(text: string): (values: unknown[]) => pg.QueryConfig {
  // Of its text, so that processes of two releases never share a name.
  const name = createHash("sha256").update(text).digest("base64url").slice(0, 22);
  const elements = new Map(
    [...text.matchAll(/\$(\d+)::(text|bytea)\[\]/g)].map(([, number, element]) => [
      Number(number) - 1,
      element as BinaryElement,
    ]),
  );
  return (values) => {
    for (const [index, element] of elements) values[index] = binaryArray(element, values[index] as (string | null)[]);
    return { name, text, values };
  };
}
