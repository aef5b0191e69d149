import { Failure } from "@millrace/base";
import { headerFault, isConnectionHeader } from "@millrace/connector-kit";
import { z } from "zod";
import { connection } from "../connection.ts";
import { decodeBody } from "../decode-body.ts";
import { encodeBody } from "../encode-body.ts";
import { statusFailure } from "../status-failure.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const input = z.object({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]).default("GET").meta({
    title: "Method",
    control: "select",
  }),
  url: z
    .string()
    .min(1, "a URL is required")
    .meta({ title: "URL", control: "text", placeholder: "https://api.example.com/items" }),
  query: z
    .record(z.string(), z.union([scalar, z.array(scalar)]))
    .optional()
    .meta({
      title: "Query",
      description: "Added to the URL. A list repeats its name.",
      control: "key-value",
    }),
  headers: z.record(z.string(), scalar).optional().meta({ title: "Headers", control: "key-value" }),
  bodyType: z.enum(["none", "json", "form", "text"]).default("none").meta({ title: "Body type", control: "select" }),
  body: z.unknown().optional().meta({
    title: "Body",
    description: "Any JSON for json, names and values for form, text for text.",
    control: "json",
  }),
  followRedirects: z.boolean().default(true).meta({
    title: "Follow redirects",
    description: "At most three. Headers that could be secrets stay with the first host.",
    control: "switch",
    advanced: true,
  }),
  failOnErrorStatus: z.boolean().default(true).meta({
    title: "Fail on 4xx and 5xx",
    description: "Off, the step succeeds and later steps look at the status themselves.",
    control: "switch",
    advanced: true,
  }),
});

type RequestInput = z.output<typeof input>;

const output = z.object({
  status: z.number().int().meta({ title: "Status" }),
  headers: z.record(z.string(), z.string()).meta({ title: "Headers", description: "Names in lower case." }),
  body: z
    .unknown()
    .meta({ title: "Body", description: "JSON as its own value, text as text, anything else as base64." }),
  bodyFormat: z.enum(["json", "text", "base64", "empty"]).meta({ title: "Body format" }),
  url: z.string().meta({ title: "URL", description: "Where the answer came from, after redirects." }),
});

export const request = connection.action({
  title: "HTTP request",
  summary: "Sends a request to any public address and returns the answer.",
  effect: "write",
  replay: "keyed",
  behavior: ({ method }) => {
    if (isReading(method)) return { effect: "read", replay: "safe" };
    return { effect: method === "DELETE" ? "destroy" : "write", replay: "keyed" };
  },
  input,
  output,
  example: {
    input: { method: "POST", url: "https://api.example.com/items", bodyType: "json", body: { name: "Ada" } },
    output: {
      status: 201,
      headers: { "content-type": "application/json" },
      body: { id: 7, name: "Ada" },
      bodyFormat: "json",
      url: "https://api.example.com/items",
    },
  },
  run: async ({ client, input: given, idempotencyKey, signal, now, timeoutMs }) => {
    const { body, contentType } = encodeBody(given.bodyType, given.body);
    if (body !== undefined && given.method === "HEAD") {
      throw new Failure("invalid_input", "Body: a HEAD request has none.", { field: "bodyType" });
    }
    const answer = await client.send({
      url: urlOf(given),
      method: given.method,
      headers: headersOf(given, contentType, idempotencyKey),
      followRedirects: given.followRedirects,
      signal,
      timeoutMs,
      ...(body === undefined ? {} : { body }),
    });
    if (given.failOnErrorStatus && answer.status >= 400) throw statusFailure(answer, now);
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      ...decodeBody(answer),
      url: answer.url,
    };
  },
});

function isReading(method: RequestInput["method"]): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

function urlOf({ url, query }: RequestInput): URL {
  if (!URL.canParse(url)) {
    throw new Failure("invalid_input", "URL: not a complete address.", {
      field: "url",
      advice: "Write it with scheme and host, such as https://api.example.com/items.",
    });
  }
  const complete = new URL(url);
  complete.hash = "";
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) complete.searchParams.append(name, String(item));
  }
  return complete;
}

function headersOf(
  given: RequestInput,
  contentType: string | undefined,
  idempotencyKey: string,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (contentType !== undefined) headers["content-type"] = contentType;
  if (!isReading(given.method)) headers["idempotency-key"] = idempotencyKey;
  for (const [name, value] of Object.entries(given.headers ?? {})) {
    const fault = isConnectionHeader(name)
      ? "belongs to the connection and is set by Millrace"
      : headerFault(name, String(value));
    if (fault) {
      throw new Failure("invalid_input", `Headers: "${name.slice(0, 80)}" ${fault}.`, { field: "headers" });
    }
    headers[name.toLowerCase()] = String(value);
  }
  return headers;
}
