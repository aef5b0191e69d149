import type { IncomingHttpHeaders } from "node:http";
import { Failure } from "@millrace/base";
import type { Agent, Dispatcher } from "undici";
import { networkFailure } from "./network-failure.ts";

export type Exchange = {
  agent: Agent;
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
  signal: AbortSignal;
  headersTimeoutMs: number;
  bodyTimeoutMs: number;
  limitBytes: number;
  /** Called when the request goes onto a connected socket. */
  onSent(): void;
};

/** An answer as it came over the wire, still compressed. */
export type RawAnswer = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** One request and its whole answer on one connection: no redirects, no decompression. Rejects with `Failure` or the signal's reason. */
export function exchange(request: Exchange): Promise<RawAnswer> {
  const { agent, url, method, headers, body, signal, headersTimeoutMs, bodyTimeoutMs } = request;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let status = 0;
    let answerHeaders: IncomingHttpHeaders = {};
    let controller: Dispatcher.DispatchController | undefined;

    const settle = (finish: () => void) => {
      signal.removeEventListener("abort", abort);
      finish();
    };
    const fail = (error: Error) => settle(() => reject(networkFailure(error, url.host)));
    const abort = () => {
      const reason: unknown = signal.reason;
      settle(() => reject(reason));
      controller?.abort(reason instanceof Error ? reason : new Error("aborted"));
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started;
        if (signal.aborted) started.abort(new Error("aborted"));
        else request.onSent();
      },
      onResponseStart(_controller, statusCode, responseHeaders) {
        if (statusCode < 200) return;
        status = statusCode;
        answerHeaders = responseHeaders;
      },
      onResponseData(streaming, chunk) {
        received += chunk.length;
        if (received > request.limitBytes) streaming.abort(tooLarge(url.host, request.limitBytes));
        else chunks.push(chunk);
      },
      onResponseEnd: () => settle(() => resolve({ status, headers: answerHeaders, body: Buffer.concat(chunks) })),
      onResponseError: (_controller, error) => fail(error),
    };
    const options: Agent.DispatchOptions = {
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers,
      body: body ?? null,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
    };
    try {
      agent.dispatch(options, handler);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

export function tooLarge(host: string, limitBytes: number): Failure {
  return new Failure("too_large", `${host} answered with more than ${limitBytes} bytes.`, {
    advice: "Ask for less at a time, for example with a filter or a page size.",
    facts: { host, limitBytes },
  });
}
