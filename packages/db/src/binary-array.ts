/**
 * Arrays as PostgreSQL's binary form of a parameter (`array_recv`, `textrecv`, `bytearecv`). The text form, which `pg` makes
 * of an array, costs both sides several times as much: every element is searched for quotes, and bytes become hex digits.
 */
const elementTypes = { text: 25, bytea: 17 } as const;

export type BinaryElement = keyof typeof elementTypes;

const headerBytes = 20;
/** UTF-8 takes at most three bytes for each unit of UTF-16. */
const maxBytesOfUnit = 3;
/** A longer text is counted rather than given three times the room that it mostly needs. */
const longText = 16_384;

/** Values are text for `text[]`, bytes for `bytea[]`, or null. An array of one dimension; the parameter of an empty one has none. */
export function binaryArray(element: BinaryElement, values: readonly (string | Uint8Array | null)[]): Buffer {
  const buffer = Buffer.allocUnsafe(headerBytes + values.reduce((bytes, value) => bytes + 4 + roomFor(value), 0));
  let end = values.length === 0 ? 12 : headerBytes;
  let hasNull = false;
  for (const value of values) {
    const length = value === null ? -1 : write(buffer, value, end + 4);
    buffer.writeInt32BE(length, end);
    end += 4 + Math.max(0, length);
    hasNull ||= value === null;
  }
  buffer.writeInt32BE(values.length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(elementTypes[element], 8);
  if (values.length > 0) {
    buffer.writeInt32BE(values.length, 12);
    buffer.writeInt32BE(1, 16); // the lower bound
  }
  return buffer.subarray(0, end);
}

function roomFor(value: string | Uint8Array | null): number {
  if (value === null) return 0;
  if (typeof value !== "string") return value.byteLength;
  return value.length > longText ? Buffer.byteLength(value) : value.length * maxBytesOfUnit;
}

function write(buffer: Buffer, value: string | Uint8Array, at: number): number {
  if (typeof value === "string") return buffer.write(value, at, "utf8");
  buffer.set(value, at);
  return value.byteLength;
}
