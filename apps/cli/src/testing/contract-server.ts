import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import {
  type EndpointPresented,
  type EndpointRequest,
  type endpoints,
  eventStreamType,
  type LiveEventView,
  listEndpoints,
  type NamedEndpoint,
  type Problem,
  problemContentType,
} from "@millrace/contract";

type Table = typeof endpoints;
type Handlers = {
  [Resource in keyof Table]?: {
    [Name in keyof Table[Resource]]?: Table[Resource][Name] extends NamedEndpoint["endpoint"]
      ? (input: EndpointRequest<Table[Resource][Name]>) => EndpointPresented<Table[Resource][Name]>
      : never;
  };
};

/** Thrown by a handler: the answer is this problem. */
export class Refusal extends Error {
  readonly problem: Omit<Problem, "type" | "title">;
  constructor(problem: Omit<Problem, "type" | "title">) {
    super(problem.detail);
    this.problem = problem;
  }
}

export type ContractServer = {
  url: string;
  /** Method and path of each request so far. */
  requests: string[];
  /** Sends an event to everyone who watches. */
  tell(event: LiveEventView): void;
  watchers(): number;
  close(): Promise<void>;
};

export const testKey = "mlr_a_key_for_tests_only";

/** A server that knows the contract's table and nothing else: it parses every request and every answer with its schemas. */
export async function startContractServer(handlers: Handlers, { hasEvents = true } = {}): Promise<ContractServer> {
  const watching = new Set<ServerResponse>();
  const requests: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "", "http://server");
    requests.push(`${request.method} ${url.pathname}`);
    const named = listEndpoints().find((each) => matches(each, request.method, url.pathname));
    if (!named) return refuse(response, { status: 404, code: "not_found", detail: "There is no such path." });
    const { endpoint, resource, name } = named;
    if (endpoint.scope !== "public" && request.headers.authorization !== `Bearer ${testKey}`) {
      return refuse(response, { status: 401, code: "unauthenticated", detail: "This API key is unknown." });
    }
    if (resource === "events") {
      if (!hasEvents) return refuse(response, { status: 503, code: "unavailable", detail: "No live events here." });
      response.writeHead(200, { "content-type": eventStreamType }).write(": hello\n\n");
      watching.add(response);
      response.on("close", () => watching.delete(response));
      return;
    }
    const handle = Reflect.get(Reflect.get(handlers, resource) ?? {}, name);
    if (typeof handle !== "function") throw new Error(`the test has no answer for ${resource}.${name}`);
    const body = endpoint.body ? JSON.parse((await text(request)) || "{}") : {};
    const input = {
      ...endpoint.params?.parse(paramsOf(endpoint.path, url.pathname)),
      ...endpoint.query?.parse(Object.fromEntries(url.searchParams)),
      ...endpoint.body?.parse(body),
    };
    const answered = JSON.stringify(endpoint.answer.schema.parse(handle(input)));
    response.writeHead(endpoint.answer.status, { "content-type": "application/json" });
    response.end(endpoint.answer.status === 204 ? undefined : answered);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof Refusal) refuse(response, error.problem);
      else refuse(response, { status: 500, code: "internal", detail: String(error) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    tell(event) {
      for (const response of watching) response.write(`data: ${JSON.stringify(event)}\n\n`);
    },
    watchers: () => watching.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function matches({ endpoint }: NamedEndpoint, method: string | undefined, path: string): boolean {
  const pattern = endpoint.path.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+");
  return endpoint.method.toUpperCase() === method && new RegExp(`^/api${pattern}$`).test(path);
}

function paramsOf(pattern: string, path: string): Record<string, string> {
  const given = path.replace(/^\/api/, "").split("/");
  const pairs = pattern
    .split("/")
    .flatMap((part, index) => (part.startsWith(":") ? [[part.slice(1), given[index]]] : []));
  return Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, decodeURIComponent(value)]));
}

function refuse(response: ServerResponse, problem: Omit<Problem, "type" | "title">): void {
  const body: Problem = { type: `urn:millrace:problem:${problem.code}`, title: problem.code, ...problem };
  response.writeHead(problem.status, { "content-type": problemContentType }).end(JSON.stringify(body));
}
