import type { Exchange } from "./exchange.ts";

/** Where a request ends, and what that says about its connection. */
export type Frame = {
  head: string;
  bodyAt: number;
  /** Of the body, these are not here yet. */
  missingBytes: number;
  /** The sender wants no other answer over this connection. */
  isLast: boolean;
};

export type PlainRequest = Pick<Exchange, "method" | "target" | "rawHeaders"> & {
  headers: Record<string, string>;
  body: Buffer;
};

const longestHead = 16_384;
const mostHeaders = 200;
/** Longer bodies come in pieces, which node:http is made for. */
const longestBody = 65_536;

const start = Buffer.from("POST /hooks/");
const endOfHead = Buffer.from("\r\n\r\n");
const headShape = /^POST \/hooks\/[!-~]+ HTTP\/1\.1(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*)*$/;
const lengthLine = /\r\ncontent-length:[\t ]*(\d{1,9})[\t ]*(?:\r\n|$)/i;
const hostLine = /\r\nhost:/i;
const connectionLine = /\r\nconnection:[\t ]*([^\r]*)/i;
/** Each of them says where the request ends or whose it is, so there is one of each, or the request is not plain. */
const saidTwice = /\r\n(content-length|connection|host):.*\r\n\1:/is;
/** They change what follows the head, or what the connection is for. */
const unusual = /\r\n(?:transfer-encoding|expect|upgrade|proxy-connection):/i;

/**
 * Recognizes the requests that nearly all senders of webhooks make: `POST /hooks/…` with a Content-Length, and no more than
 * that behind the head. Undefined where there is any doubt, for instance where a server could read two requests: those are
 * for node:http, and so is all that its parser would refuse.
 */
export function framePlainRequest(bytes: Buffer): Frame | undefined {
  if (bytes.length < start.length || bytes.compare(start, 0, start.length, 0, start.length) !== 0) return undefined;
  const headEnd = bytes.indexOf(endOfHead);
  const bodyAt = headEnd + endOfHead.length;
  if (headEnd === -1 || bodyAt > longestHead) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  if (!headShape.test(head) || unusual.test(head) || saidTwice.test(head) || !hostLine.test(head)) return undefined;
  const length = Number(lengthLine.exec(head)?.[1] ?? Number.NaN);
  const missingBytes = bodyAt + length - bytes.length;
  // Of what is not a number no comparison holds.
  if (!(missingBytes >= 0 && length <= longestBody)) return undefined;
  const connection = connectionLine.exec(head)?.[1]?.trimEnd().toLowerCase();
  if (connection !== undefined && connection !== "keep-alive" && connection !== "close") return undefined;
  return { head, bodyAt, missingBytes, isLast: connection === "close" };
}

/** Undefined where a header comes twice, which node:http has its rules for, or where there are too many. */
export function parsePlainRequest(bytes: Buffer, { head, bodyAt }: Frame): PlainRequest | undefined {
  const lines = head.split("\r\n");
  if (lines.length > mostHeaders + 1) return undefined;
  const headers: Record<string, string> = {};
  const rawHeaders: string[] = [];
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const key = name.toLowerCase();
    if (key in headers || key === "set-cookie") return undefined;
    const value = withoutBlanks(line, colon + 1);
    headers[key] = value;
    rawHeaders.push(name, value);
  }
  const target = head.slice("POST ".length, head.indexOf(" ", "POST ".length));
  return { method: "POST", target, headers, rawHeaders, body: bytes.subarray(bodyAt) };
}

const isBlank = (letter: string | undefined) => letter === " " || letter === "\t";

/** Other white space than spaces and tabs is part of a value. */
function withoutBlanks(line: string, from: number): string {
  let [first, end] = [from, line.length];
  while (isBlank(line[first])) first++;
  while (end > first && isBlank(line[end - 1])) end--;
  return line.slice(first, end);
}
