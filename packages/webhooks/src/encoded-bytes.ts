export type TextEncoding = "hex" | "base64" | "base64url";

/**
 * Bytes of a text in exactly one spelling, else undefined. Node's own decoders skip what they don't know and accept
 * several spellings of the same bytes, so that a changed signature could still verify.
 */
export function decodeStrictly(text: string, encoding: TextEncoding): Buffer | undefined {
  if (encoding === "hex") {
    return /^(?:[0-9a-f]{2})+$|^(?:[0-9A-F]{2})+$/.test(text) ? Buffer.from(text, "hex") : undefined;
  }
  const bytes = Buffer.from(text, encoding);
  if (bytes.length === 0) return undefined;
  const unpadded = bytes.toString(encoding).replace(/=+$/, "");
  const padded = unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, "=");
  const isExact = text === padded || (encoding === "base64url" && text === unpadded);
  return isExact ? bytes : undefined;
}
