import { createGunzip, createInflate } from "node:zlib";
import { type BodyLimits, type BodyRead, bodyRefusal, OutOfRoom, tooLarge } from "./read-body.ts";

const unpackers = { gzip: createGunzip, deflate: createInflate };
type Packing = keyof typeof unpackers;

const isPacking = (encoding: string): encoding is Packing => Object.hasOwn(unpackers, encoding);

/** The body that a request's Content-Encoding packed, up to the same limit. Throws OutOfRoom and nothing else. */
export async function unpackBody(body: Buffer, encoding: string | undefined, limits: BodyLimits): Promise<BodyRead> {
  const packing = (encoding ?? "identity").trim().toLowerCase();
  if (packing === "identity" || packing === "") return { ok: true, body };
  if (!isPacking(packing)) {
    return bodyRefusal(415, `Content-Encoding ${packing.slice(0, 40)} is not taken; send gzip, deflate or none.`);
  }
  const unpack = unpackers[packing]();
  unpack.end(body);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of unpack as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.bytes) return tooLarge(limits.bytes);
      if (!limits.take(chunk.length)) throw new OutOfRoom();
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof OutOfRoom) throw error;
    return bodyRefusal(400, `The body could not be read as ${packing}.`);
  }
  return { ok: true, body: Buffer.concat(chunks) };
}
