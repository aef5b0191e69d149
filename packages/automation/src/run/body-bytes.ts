const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Without its byte order mark. Undefined where the bytes are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Every character of it. Undefined where there is no such character set, or the bytes are none of it. */
export function decodeText(bytes: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export function base64(bytes: Uint8Array): string {
  const chunks: string[] = [];
  for (let start = 0; start < bytes.length; start += 8_192) {
    chunks.push(String.fromCharCode(...bytes.subarray(start, start + 8_192)));
  }
  return btoa(chunks.join(""));
}
