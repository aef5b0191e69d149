import { randomFillSync } from "node:crypto";

/** Crockford's base32 in lower case, as the TypeID specification has it. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
/** Ten bits at a time. */
const pairs: readonly string[] = Array.from(
  { length: 1_024 },
  (_, bits) => `${alphabet[bits >> 5] ?? ""}${alphabet[bits & 31] ?? ""}`,
);
const pairOf = (bits: number): string => pairs[bits & 1_023] ?? "";

/** Two for where a millisecond's counter begins, eight for what stays random. */
const randomBytesOfOne = 10;
const pool = new Uint8Array(800 * randomBytesOfOne);
let used = pool.length;

let lastMs = 0;
let timeText = "";
/** Of 12 bits. It begins in their lower half, so that there is room above it. */
let counter = 0;
const counterLimit = 4_096;

/**
 * A UUIDv7 (RFC 9562) as the 26 letters that follow a TypeID's prefix. Those of one process sort in the order in which they were
 * made: within a millisecond a counter that begins anywhere takes the place of 12 random bits (§6.2, method 1), and 62 stay random.
 */
export function newIdSuffix(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const at = used;
  used += randomBytesOfOne;
  const byte = (index: number): number => pool[at + index] ?? 0;
  const ms = Date.now();
  if (ms > lastMs) begin(ms, ((byte(0) & 7) << 8) | byte(1));
  else if (++counter === counterLimit) begin(lastMs + 1, 0);
  const version = 0x70_00 | counter;
  const variant = 0x80 | (byte(2) & 0x3f);
  return (
    timeText +
    fortyBits((version << 4) | (variant >> 4), ((variant & 15) << 16) | (byte(3) << 8) | byte(4)) +
    fortyBits((byte(5) << 12) | (byte(6) << 4) | (byte(7) >> 4), ((byte(7) & 15) << 16) | (byte(8) << 8) | byte(9))
  );
}

function begin(ms: number, first: number): void {
  lastMs = ms;
  counter = first;
  timeText = "";
  for (let rest = ms, pair = 0; pair < 5; pair++, rest = Math.floor(rest / 1_024)) timeText = pairOf(rest) + timeText;
}

/** Eight letters for twice twenty bits. */
const fortyBits = (high: number, low: number): string =>
  pairOf(high >> 10) + pairOf(high) + pairOf(low >> 10) + pairOf(low);
