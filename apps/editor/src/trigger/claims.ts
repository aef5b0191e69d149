import type { Json } from "@millrace/base";

export type Claims = Record<string, string | boolean>;

/** Rows of text as claims. `true` is the boolean, unless it was a text before. */
export function claimsOf(rows: { [name: string]: Json }, before: Claims | undefined): Claims | undefined {
  const entries = Object.entries(rows).map(([name, value]): [string, string | boolean] => {
    const text = String(value);
    const isBoolean = (text === "true" || text === "false") && before?.[name] !== text;
    return [name, isBoolean ? text === "true" : text];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
