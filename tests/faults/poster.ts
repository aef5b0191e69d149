import { Agent, request } from "undici";

export type PostedAnswer = { status: number; text: string; retryAfter?: string };

/** How requests go out. */
export type Poster = {
  /** Rejects where no answer comes. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<PostedAnswer>;
  close(): Promise<void>;
};

/** `connections`: how many there may be at once, to each server; null: as many as it takes. */
export function agentPoster(connections: number | null, timeoutMs: number): Poster {
  const dispatcher = new Agent({ connections, connect: { timeout: 15_000 } });
  const times = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  return {
    async post(url, headers, body) {
      const response = await request(url, { method: "POST", dispatcher, headers, body, ...times });
      const text = await response.body.text();
      const retryAfter = response.headers["retry-after"];
      return { status: response.statusCode, text, ...(retryAfter ? { retryAfter: String(retryAfter) } : {}) };
    },
    close: () => dispatcher.destroy(),
  };
}
