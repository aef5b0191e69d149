/** Bytes of canonical, padded base64; undefined for anything else. Node itself skips what it can't read, so altered text would pass. */
export function decodeBase64(text: unknown): Buffer | undefined {
  if (typeof text !== "string") return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
