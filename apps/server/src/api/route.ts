import { presentPath } from "@millrace/automation";
import type { Endpoint, EndpointPresented, EndpointRequest, ProblemIssue } from "@millrace/contract";
import type { Request, Response, Router } from "express";
import { z } from "zod";
import { type Authenticate, allow, type Caller } from "../middleware/authenticate.ts";
import { invalidRequest } from "../middleware/http-problem.ts";
import { readJsonBody } from "../middleware/json-body.ts";

type Guarded = Endpoint & { scope: Exclude<Endpoint["scope"], "public"> };
type Public = Endpoint & { scope: "public" };

export type PublicCall<Row extends Endpoint> = { input: EndpointRequest<Row>; request: Request; response: Response };
export type Call<Row extends Endpoint> = PublicCall<Row> & { caller: Caller };

export interface Routes {
  /** Parses, authorizes, acts, presents: the handler is only asked for the last two. */
  route<Row extends Guarded>(row: Row, handle: (call: Call<Row>) => Promise<EndpointPresented<Row>>): void;
  publicRoute<Row extends Public>(row: Row, handle: (call: PublicCall<Row>) => Promise<EndpointPresented<Row>>): void;
  /** For answers that are no JSON: the handler sends them itself. */
  rawRoute<Row extends Guarded>(row: Row, handle: (call: Call<Row>) => Promise<void>): void;
}

export function createRoutes(router: Router, authenticate: Authenticate): Routes {
  return {
    route(row, handle) {
      router[row.method](row.path, async (request, response) => {
        const caller = allow(await authenticate(request, response), row.scope);
        const input = await readInput(row, request, response);
        send(response, row, await handle({ caller, input, request, response }));
      });
    },
    publicRoute(row, handle) {
      router[row.method](row.path, async (request, response) => {
        const input = await readInput(row, request, response);
        send(response, row, await handle({ input, request, response }));
      });
    },
    rawRoute(row, handle) {
      router[row.method](row.path, async (request, response) => {
        const caller = allow(await authenticate(request, response), row.scope);
        await handle({ caller, input: await readInput(row, request, response), request, response });
      });
    },
  };
}

const noKeys = z.strictObject({});

async function readInput<Row extends Endpoint>(
  row: Row,
  request: Request,
  response: Response,
): Promise<EndpointRequest<Row>> {
  const body = row.method === "get" ? undefined : await readJsonBody(request, response);
  const parts = [
    parse(row.params, request.params),
    parse(row.query ?? noKeys, request.query),
    parse(row.body ?? noKeys, body ?? {}),
  ];
  const issues = parts.flatMap((part) => part.issues);
  if (issues.length > 0) throw invalidRequest(issues);
  // Parsed with the very schemas that the type is computed from.
  return Object.assign({}, ...parts.map((part) => part.data)) as EndpointRequest<Row>;
}

type Parsed = { data: Record<string, unknown>; issues: ProblemIssue[] };

function parse(schema: z.ZodObject | undefined, value: unknown): Parsed {
  if (!schema) return { data: {}, issues: [] };
  const parsed = schema.safeParse(value);
  if (parsed.success) return { data: parsed.data, issues: [] };
  return { data: {}, issues: parsed.error.issues.flatMap(presentIssue) };
}

function presentIssue(issue: z.core.$ZodIssue): ProblemIssue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: presentPath([...issue.path, key]), message: `${key} is not known here.` }));
  }
  return [{ path: presentPath(issue.path), message: issue.message }];
}

/** Only what the contract declares leaves: anything else that a presenter let through is dropped. */
function send(response: Response, { answer }: Endpoint, presented: unknown): void {
  response.status(answer.status).set("cache-control", "no-store");
  if (answer.status === 204) response.end();
  else response.json(answer.schema.parse(presented));
}
