import { createGunzip, createInflate } from "node:zlib";
import { type BodyLimits, type BodyRead, type BodyRefusal, bodyRefusal, outOfRoom, tooLarge } from "./read-body.ts";

const unpackers = { gzip: createGunzip, deflate: createInflate };
type Packing = keyof typeof unpackers;

const isPacking = (encoding: string): encoding is Packing => Object.hasOwn(unpackers, encoding);

/** Why a body is not even read: nothing here would unpack it. */
export function packingFault(encoding: string | undefined): BodyRefusal | undefined {
  const packing = packingOf(encoding);
  if (packing === "identity" || packing === "" || isPacking(packing)) return undefined;
  return bodyRefusal(415, `Content-Encoding ${packing.slice(0, 40)} is not taken; send gzip, deflate or none.`);
}

const packingOf = (encoding: string | undefined): string => (encoding ?? "identity").trim().toLowerCase();

/** The body that a request's Content-Encoding packed where there is no `packingFault`, up to the same limit. Throws OutOfRoom and nothing else. */
export async function unpackBody(body: Buffer, encoding: string | undefined, limits: BodyLimits): Promise<BodyRead> {
  const packing = packingOf(encoding);
  if (!isPacking(packing)) return { ok: true, body };
  const unpack = unpackers[packing]();
  unpack.end(body);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of unpack as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.bytes) return tooLarge(limits.bytes);
      if (!limits.take(chunk.length)) throw outOfRoom;
      chunks.push(chunk);
    }
  } catch (error) {
    if (error === outOfRoom) throw error;
    return bodyRefusal(400, `The body could not be read as ${packing}.`);
  }
  return { ok: true, body: Buffer.concat(chunks) };
}
