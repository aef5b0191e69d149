import { promisify } from "node:util";
import { gunzip, inflate, inflateRaw } from "node:zlib";
import { Failure, type Json, parseJson } from "@millrace/base";
import type { EgressResponse } from "./egress.ts";
import { type RawAnswer, tooLarge } from "./exchange.ts";

/** Wider than what webhooks may bring: the size limit has already bounded the answer. */
const answerLimits = { depth: 64, keys: 1_000_000 };

const gunzipAsync = promisify(gunzip);
const inflateAsync = promisify(inflate);
const inflateRawAsync = promisify(inflateRaw);

/** Decompresses an answer within the limit: gzip and deflate, which is all we ask for. */
export async function decodeAnswer(answer: RawAnswer, url: URL, limitBytes: number): Promise<EgressResponse> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const item of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, item);
  }
  const body = await decompress(answer.body, headers.get("content-encoding") ?? "", url.host, limitBytes);
  // The body is plain from here on: leaving the header would make a second reader decompress it again.
  headers.delete("content-encoding");
  headers.delete("content-length");
  return presentAnswer(answer.status, headers, url, body);
}

function presentAnswer(status: number, headers: Headers, url: URL, body: Buffer): EgressResponse {
  return {
    status,
    headers,
    url: url.href,
    body,
    text: () => body.toString("utf8"),
    json(): Json {
      const parsed = parseJson(body.toString("utf8"), answerLimits);
      if (parsed.ok) return parsed.value;
      throw new Failure("contract_drift", `${url.host} did not answer with usable JSON: ${parsed.message}`, {
        httpStatus: status,
        facts: { host: url.host, contentType: headers.get("content-type") },
      });
    },
  };
}

async function decompress(body: Buffer, encoding: string, host: string, limitBytes: number): Promise<Buffer> {
  const options = { maxOutputLength: limitBytes };
  if (body.length === 0) return body;
  try {
    switch (encoding.trim().toLowerCase()) {
      case "":
      case "identity":
        return body;
      case "gzip":
      case "x-gzip":
        return await gunzipAsync(body, options);
      case "deflate":
        // Half the servers mean zlib by deflate, as RFC 9110 says, the others a bare stream.
        return await (((body[0] ?? 0) & 0x0f) === 8 ? inflateAsync(body, options) : inflateRawAsync(body, options));
      default:
        throw new Failure("contract_drift", `${host} compressed its answer in a way we did not ask for.`, {
          advice: "Only gzip and deflate are read.",
          facts: { host, contentEncoding: encoding.slice(0, 40) },
        });
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof RangeError) throw tooLarge(host, limitBytes);
    throw new Failure("provider_unavailable", `${host} sent a compressed answer that cannot be read.`, {
      facts: { host },
      cause: error,
    });
  }
}
