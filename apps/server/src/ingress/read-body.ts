import type { IncomingMessage } from "node:http";
import { createGunzip, createInflate } from "node:zlib";

export type BodyRefusal = { ok: false; status: 400 | 413 | 415; reason: string; closes: boolean };
export type BodyRead = { ok: true; body: Buffer } | BodyRefusal;

/** Collects a request's bytes up to a limit, unpacked where they came as gzip or deflate. Never throws. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<BodyRead> {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (!["identity", "gzip", "deflate"].includes(encoding)) {
    return Promise.resolve(
      refusal(415, `Content-Encoding ${encoding.slice(0, 40)} is not taken; send gzip, deflate or none.`),
    );
  }
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) return Promise.resolve(tooLarge(limitBytes));
  return collect(request, encoding, limitBytes);
}

function collect(request: IncomingMessage, encoding: string, limitBytes: number): Promise<BodyRead> {
  return new Promise((resolve) => {
    const source =
      encoding === "identity" ? request : request.pipe(encoding === "gzip" ? createGunzip() : createInflate());
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (result: BodyRead) => {
      if (source !== request) {
        request.unpipe();
        if (!result.ok) source.destroy();
      }
      resolve(result);
    };
    source.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) finish(tooLarge(limitBytes));
      else chunks.push(chunk);
    });
    source.on("end", () =>
      finish({ ok: true, body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) }),
    );
    source.on("error", () => finish(refusal(400, `The body could not be read as ${encoding}.`)));
    if (source !== request)
      request.on("error", () => finish(refusal(400, "The connection broke before the body was complete.")));
    request.on("close", () => {
      if (!request.complete) finish(refusal(400, "The connection closed before the body was complete."));
    });
  });
}

const refusal = (status: BodyRefusal["status"], reason: string): BodyRefusal => ({
  ok: false,
  status,
  reason,
  closes: true,
});

const tooLarge = (limitBytes: number): BodyRefusal =>
  refusal(413, `The body is larger than ${limitBytes} bytes, the limit of this endpoint.`);
