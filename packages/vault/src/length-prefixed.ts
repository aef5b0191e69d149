/**
 * Joins parts so that no two different lists give the same bytes: each part follows its own length (4 bytes, big-endian).
 * With plain separators, ("a|b", "c") and ("a", "b|c") would be one and the same.
 */
export function lengthPrefixed(...parts: readonly string[]): Buffer {
  const joined = Buffer.allocUnsafe(parts.reduce((bytes, part) => bytes + 4 + Buffer.byteLength(part), 0));
  let offset = 0;
  for (const part of parts) {
    const written = joined.write(part, offset + 4);
    joined.writeUInt32BE(written, offset);
    offset += 4 + written;
  }
  return joined;
}
