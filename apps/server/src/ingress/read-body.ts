import type { IncomingMessage } from "node:http";

export type BodyRefusal = { ok: false; status: 400 | 413 | 415; reason: string };
export type BodyRead = { ok: true; body: Buffer } | BodyRefusal;

/** The bytes in memory of all requests together, or of one endpoint's, are too many. */
export class OutOfRoom extends Error {
  constructor() {
    super("There is no room in memory for this body now.");
    this.name = "OutOfRoom";
  }
}

/** Made once, because one with a stack of its own costs more than all the rest of a refusal. */
export const outOfRoom = new OutOfRoom();

export type BodyLimits = {
  /** Of the body as it was sent, and of what it unpacks to. */
  bytes: number;
  /** Called with the bytes that came; false where there is no room for them. */
  take(bytes: number): boolean;
};

/**
 * Collects a request's bytes as they were sent, up to a limit. Whatever the outcome, the rest of the request is the
 * caller's to read or to cut. Throws OutOfRoom and nothing else.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyRead> {
  if (Number(request.headers["content-length"] ?? 0) > limits.bytes) return Promise.resolve(tooLarge(limits.bytes));
  // The sender may have gone while the endpoint was looked up, and its connection's end is told once only.
  if (request.destroyed) return Promise.resolve(cutOff);
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let sent = 0;

    const onData = (chunk: Buffer) => {
      sent += chunk.length;
      if (sent > limits.bytes) stop(() => resolve(tooLarge(limits.bytes)));
      else if (chunks.length > fewPieces + sent / smallestPieceBytes) stop(() => resolve(inCrumbs));
      else if (limits.take(chunk.length)) chunks.push(chunk);
      else stop(() => reject(outOfRoom));
    };
    const onEnd = () => {
      const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
      stop(() => resolve({ ok: true, body }));
    };
    const onCut = () => stop(() => resolve(cutOff));
    function stop(settle: () => void): void {
      chunks = [];
      request.off("close", onCut).off("error", onCut).off("data", onData).off("end", onEnd);
      settle();
    }
    request.on("close", onCut).on("error", onCut).on("data", onData).on("end", onEnd);
  });
}

export const bodyRefusal = (status: BodyRefusal["status"], reason: string): BodyRefusal => ({
  ok: false,
  status,
  reason,
});

export const tooLarge = (limitBytes: number): BodyRefusal =>
  bodyRefusal(413, `The body is larger than ${limitBytes} bytes, the limit of this endpoint.`);

export const cutOff = bodyRefusal(400, "The connection closed before the body was complete.");

/** A million chunks of one byte take a hundred times their size in memory, and seconds. */
const fewPieces = 1_000;
const smallestPieceBytes = 64;
const inCrumbs = bodyRefusal(400, "The body comes in too many pieces: send at least 64 bytes at a time.");
