/** Whether a whole number, as written, is another number once JSON has read it. */
export function losesDigits(written: string): boolean {
  const digits = written.replace(/^\+/, "");
  if (!/^(-?\d+|0x[\da-f]+|0o[0-7]+)$/i.test(digits)) return false;
  const value = Number(digits);
  // Numbers that JSON itself writes this way come back as they were, however large.
  return !Number.isSafeInteger(value) && String(value) !== digits && BigInt(value) !== BigInt(digits);
}
