import { invalidArgument } from "./fault.ts";

const encoder = new TextEncoder();

/** UTF-8; surrogates that stand alone become U+FFFD. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Text of UTF-8 bytes; a fault where they aren't UTF-8. */
export function textOfUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidArgument("the bytes are not text in UTF-8");
  }
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function bytesToBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let index = 0; index < bytes.length; index += 3) {
    const triple = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    const last = Math.min(3, bytes.length - index);
    let four = "";
    for (let place = 0; place < 4; place++) four += place > last ? "=" : alphabet[(triple >> (18 - 6 * place)) & 63];
    pieces.push(four);
  }
  return pieces.join("");
}

/** Bytes of Base64 or its URL form, padded or not; a fault where it is neither. */
export function base64ToBytes(text: string): Uint8Array {
  const digits = text.replace(/={1,2}$/, "");
  if (digits.length % 4 === 1) throw invalidArgument("the text is not Base64: its length is wrong");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let buffer = 0;
  let bits = 0;
  let filled = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = base64Digit(digits.charCodeAt(index));
    if (digit === -1) throw invalidArgument(`the text is not Base64: character ${index + 1}`);
    buffer = ((buffer << 6) | digit) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[filled++] = (buffer >> bits) & 0xff;
    }
  }
  return bytes;
}

function base64Digit(code: number): number {
  if (code >= 65 && code <= 90) return code - 65;
  if (code >= 97 && code <= 122) return code - 71;
  if (code >= 48 && code <= 57) return code + 4;
  if (code === 43 || code === 45) return 62; // + and, in URLs, -
  return code === 47 || code === 95 ? 63 : -1; // / and _
}
