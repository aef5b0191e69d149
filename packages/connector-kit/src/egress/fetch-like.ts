import type { EgressRequest, EgressResponse } from "./egress.ts";

const bodilessStatuses = new Set([204, 205, 304]);

/** Our egress behind the standard `fetch` signature. The answer is read whole before it is handed over. */
export function fetchLikeFrom(send: (request: EgressRequest) => Promise<EgressResponse>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const headers = Object.fromEntries(request.headers);
    const bytes = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const answer = await send({
      url: request.url,
      method: request.method,
      headers,
      signal: request.signal,
      followRedirects: request.redirect === "follow",
      ...(bytes === undefined ? {} : { body: bytes }),
    });
    const body = bodilessStatuses.has(answer.status) ? null : Buffer.from(answer.body);
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
}
