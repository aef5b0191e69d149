import type { Json } from "@millrace/base";

/** A command that works as it is in a POSIX shell. */
export function presentCurl(url: string, body: Json): string {
  return `curl -X POST ${quote(url)} -H 'content-type: application/json' -d ${quote(JSON.stringify(body ?? {}))}`;
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
