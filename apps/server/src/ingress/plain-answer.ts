import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import type { ReadyAnswer } from "./send-answer.ts";

let dateSecond = 0;
let dateLine = "";

/** RFC 9110 section 6.6.1, made once a second. */
function dateHeader(): string {
  const second = Math.floor(Date.now() / 1_000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateLine = `Date: ${new Date(second * 1_000).toUTCString()}\r\n`;
  }
  return dateLine;
}

/**
 * What goes over the connection for an answer, a text with one byte for each letter where that is possible; `keepAliveMs`
 * undefined: it is the last one. Throws as node:http does where a header's name or value may not be sent.
 */
export function plainAnswer({ status, head, body }: ReadyAnswer, keepAliveMs: number | undefined): Buffer | string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}\r\n`;
  for (let index = 0; index + 1 < head.length; index += 2) {
    const [name = "", value = ""] = [head[index], head[index + 1]];
    validateHeaderName(name);
    validateHeaderValue(name, value);
    text += `${name}: ${value}\r\n`;
  }
  text += dateHeader();
  text +=
    keepAliveMs === undefined
      ? "Connection: close\r\n\r\n"
      : `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n\r\n`;
  if (status === 204 || status === 304) return text;
  const isAscii = Buffer.byteLength(body) === body.length;
  return isAscii ? text + body : Buffer.concat([Buffer.from(text, "latin1"), Buffer.from(body)]);
}
