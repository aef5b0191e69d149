import type { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { ApiError, apiErrorOf } from "./api-error.ts";

export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export type ClientOptions = {
  /** Where the server is, such as `http://127.0.0.1:4400`; empty for the page's own origin. */
  baseUrl: string;
  /** Absent in the browser: there the session cookie counts. */
  apiKey?: string | undefined;
  fetch?: FetchLike | undefined;
};

export type Input = Readonly<Record<string, unknown>>;

/** Sends one request and parses the answer. Throws ApiError. */
export async function send(
  options: ClientOptions,
  endpoint: Endpoint,
  input: Input,
  signal?: AbortSignal,
): Promise<unknown> {
  const { url, body } = requestOf(options.baseUrl, endpoint, input);
  const response = await call(options, url, {
    method: endpoint.method.toUpperCase(),
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const parsed = text === "" ? undefined : parseOrUndefined(text);
  if (!response.ok) throw apiErrorOf(response.status, parsed, url);
  if (response.status === 204) return undefined;
  const answer = endpoint.answer.schema.safeParse(parsed);
  if (answer.success) return answer.data;
  throw unexpected(url, response.status, answer.error);
}

export async function call(options: ClientOptions, url: string, init: RequestInit): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (init.body !== undefined && init.body !== null) headers["content-type"] = "application/json";
  if (options.apiKey) headers.authorization = `Bearer ${options.apiKey}`;
  const send = options.fetch ?? ((target: string, request: RequestInit) => globalThis.fetch(target, request));
  try {
    return await send(url, { credentials: "same-origin", ...init, headers: { ...headers, ...init.headers } });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    const detail = `${options.baseUrl || "The server"} did not answer. Is Millrace running there?`;
    throw new ApiError({ status: 0, code: "unreachable", title: "No answer", detail }, cause);
  }
}

export function requestOf(
  baseUrl: string,
  endpoint: Endpoint,
  input: Input,
): { url: string; body: string | undefined } {
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(input[name])));
  const query = new URLSearchParams();
  for (const [name, value] of entriesOf(endpoint.query, input)) query.set(name, String(value));
  const search = query.size > 0 ? `?${query}` : "";
  const body = endpoint.body && JSON.stringify(Object.fromEntries(entriesOf(endpoint.body, input)));
  return { url: `${baseUrl.replace(/\/+$/, "")}/api${path}${search}`, body };
}

function entriesOf(schema: z.ZodObject | undefined, input: Input): [name: string, value: unknown][] {
  if (!schema) return [];
  return Object.entries(input).filter(([name, value]) => value !== undefined && Object.hasOwn(schema.shape, name));
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unexpected(url: string, status: number, { issues: [issue] }: z.ZodError): ApiError {
  const place = issue ? ` (${issue.path.join(".") || "answer"}: ${issue.message})` : "";
  const detail = `${url} gave an answer that this client does not understand${place}. Is it as new as the server?`;
  return new ApiError({ status, code: "unexpected_answer", title: "Unexpected answer", detail });
}
