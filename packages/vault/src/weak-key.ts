const publishedKeys = new Set([
  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", // NIST SP 800-38A, appendix F
  "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4", // NIST CAVP, gcmEncryptExtIV256
  "730ff4c7af3d46923e8ed451ee813c87f790b0a226bc96a92de49b5e9c05e1ee", // the Fernet specification's sample
]);

/** Why 32 bytes can't have come from a random generator, or undefined. Each rule hits a random key less than once in 10^13. */
export function weaknessOf(bytes: Buffer): string | undefined {
  if (publishedKeys.has(bytes.toString("hex"))) return "is a sample key that is published";
  if (bytes.every((byte) => byte === 0)) return "is all zeros";
  for (let period = 1; period <= bytes.length / 2; period++) {
    if (bytes.every((byte, index) => byte === bytes[index % period])) return "repeats itself";
  }
  if (isRow(bytes)) return "counts up or down";
  // 32 characters of text, even 32 hex digits, hold at most half of the strength of 32 bytes.
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return "is typed text";
  if (new Set(bytes).size < 16) return "has too few different bytes";
  return undefined;
}

function isRow(bytes: Buffer): boolean {
  const step = (bytes.readUInt8(1) - bytes.readUInt8(0)) & 0xff;
  return bytes.every((byte, index) => index === 0 || byte === (bytes.readUInt8(index - 1) + step) % 256);
}
