import { TypeID } from "typeid-js";
import { newIdSuffix } from "./id-suffix.ts";

/** One prefix for each kind of thing, so that an id says what it names. */
export const idPrefixes = {
  workspace: "ws",
  automation: "atm",
  version: "ver",
  endpoint: "end",
  delivery: "dlv",
  event: "evt",
  run: "run",
  connection: "con",
  connectionRequest: "crq",
  apiKey: "key",
} as const;

export type IdKind = keyof typeof idPrefixes;

/** A TypeID (https://github.com/jetify-com/typeid): prefix and UUIDv7, so ids of one kind sort by the time they were made. */
export function newId(kind: IdKind): string {
  return `${idPrefixes[kind]}_${newIdSuffix()}`;
}

export function isId(kind: IdKind, text: string): boolean {
  try {
    return TypeID.fromString(text, idPrefixes[kind]).getType() === idPrefixes[kind];
  } catch {
    return false;
  }
}

/** When the id was made, to the millisecond: the first 48 bits of its UUIDv7. Throws on text that isn't an id. */
export function idTime(id: string): Date {
  const bytes = TypeID.fromString(id).toUUIDBytes();
  return new Date(Buffer.from(bytes.buffer, bytes.byteOffset, 6).readUIntBE(0, 6));
}

/** The lowest id of this kind made at `time`. Ids made before it sort lower: the bound of a partition or a page. */
export function lowestIdAt(kind: IdKind, time: Date): string {
  const bytes = new Uint8Array(16);
  Buffer.from(bytes.buffer).writeUIntBE(time.getTime(), 0, 6);
  return TypeID.fromUUIDBytes(idPrefixes[kind], bytes).toString();
}
