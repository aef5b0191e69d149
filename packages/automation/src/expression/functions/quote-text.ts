import { wellFormed } from "../code-points.ts";

const escapes: Record<string, string> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** As CEL's `strings.quote` does. */
export function quoteText(text: string): string {
  const quoted = [...wellFormed(text)].map((character) => escapes[character] ?? character).join("");
  return `"${quoted}"`;
}
