import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";

export type BodyRefusal = { ok: false; status: 400 | 413 | 415; reason: string };
export type BodyRead = { ok: true; body: Buffer } | BodyRefusal;

/** The bytes in memory of all requests together are too many. */
export class OutOfRoom extends Error {
  constructor() {
    super("There is no room in memory for this body now.");
    this.name = "OutOfRoom";
  }
}

export type BodyLimits = {
  /** Of the body as it was sent, and of what it unpacks to. */
  bytes: number;
  /** Called with the bytes that came; false where there is no room for them. */
  take(bytes: number): boolean;
};

const unpackers = { gzip: createGunzip, deflate: createInflate };
type Packing = keyof typeof unpackers;

/**
 * Collects a request's bytes up to a limit, unpacked where they came as gzip or deflate. Whatever the outcome, the rest of
 * the request is the caller's to read or to cut. Throws OutOfRoom and nothing else.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyRead> {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && !isPacking(encoding)) {
    return Promise.resolve(
      refusal(415, `Content-Encoding ${encoding.slice(0, 40)} is not taken; send gzip, deflate or none.`),
    );
  }
  if (Number(request.headers["content-length"] ?? 0) > limits.bytes) return Promise.resolve(tooLarge(limits.bytes));
  return collect(request, encoding === "identity" ? undefined : encoding, limits);
}

const isPacking = (encoding: string): encoding is Packing => Object.hasOwn(unpackers, encoding);

function collect(request: IncomingMessage, packing: Packing | undefined, limits: BodyLimits): Promise<BodyRead> {
  const unpack = packing && unpackers[packing]();
  const source: Readable = unpack ?? request;
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let sent = 0;
    let unpacked = 0;

    const onSent = (chunk: Buffer) => {
      sent += chunk.length;
      if (sent > limits.bytes) stop(() => resolve(tooLarge(limits.bytes)));
    };
    const onData = (chunk: Buffer) => {
      unpacked += chunk.length;
      if (unpacked > limits.bytes) stop(() => resolve(tooLarge(limits.bytes)));
      else if (limits.take(chunk.length)) chunks.push(chunk);
      else stop(() => reject(new OutOfRoom()));
    };
    const onEnd = () => {
      const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
      stop(() => resolve({ ok: true, body }));
    };
    const onUnpackError = () => stop(() => resolve(refusal(400, `The body could not be read as ${packing}.`)));
    const onCut = () => {
      if (request.complete) return;
      stop(() => resolve(refusal(400, "The connection closed before the body was complete.")));
    };

    function stop(settle: () => void): void {
      chunks = [];
      request.off("close", onCut).off("error", onCut).off("data", onSent);
      source.off("data", onData).off("end", onEnd);
      if (unpack) {
        request.unpipe(unpack);
        // It may still report an error that no longer matters.
        unpack.off("error", onUnpackError).on("error", () => undefined);
        unpack.destroy();
      }
      settle();
    }

    request.on("close", onCut).on("error", onCut);
    source.on("data", onData).on("end", onEnd);
    if (unpack) {
      // What is packed may unpack to nothing for ever, so what was sent is bounded too.
      request.on("data", onSent);
      unpack.on("error", onUnpackError);
      request.pipe(unpack);
    }
  });
}

const refusal = (status: BodyRefusal["status"], reason: string): BodyRefusal => ({ ok: false, status, reason });

const tooLarge = (limitBytes: number): BodyRefusal =>
  refusal(413, `The body is larger than ${limitBytes} bytes, the limit of this endpoint.`);
