import type { z } from "zod";
import type { Scope } from "./scope.ts";

export type EndpointMethod = "get" | "post" | "put" | "delete";

/**
 * One row of the API's table. Server, client, OpenAPI document and authorization tests all read it.
 * Keys of params, query and body don't overlap, because the client takes them as one object.
 */
export type Endpoint = {
  method: EndpointMethod;
  /** Below `/api`, with Express parameters: `/runs/:runId`. */
  path: string;
  summary: string;
  description?: string;
  /** What the caller must be allowed; `signedIn` asks for any session or key, `public` for nothing. */
  scope: Scope | "signedIn" | "public";
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
  answer: { status: 200 | 201 | 204; description: string; schema: z.ZodType; contentType?: string };
  /** Statuses of problems beyond those that every endpoint may answer (400, 401, 403, 429, 500, 503). */
  problems?: readonly number[];
};

type Part<Row, Key extends string> = Row extends { [K in Key]: infer Schema extends z.ZodObject }
  ? z.input<Schema>
  : unknown;
type ParsedPart<Row, Key extends string> = Row extends { [K in Key]: infer Schema extends z.ZodObject }
  ? z.output<Schema>
  : unknown;

/** What a caller gives: params, query and body in one object. */
export type EndpointInput<Row extends Endpoint> = Part<Row, "params"> & Part<Row, "query"> & Part<Row, "body">;
/** The same after parsing, with defaults. */
export type EndpointRequest<Row extends Endpoint> = ParsedPart<Row, "params"> &
  ParsedPart<Row, "query"> &
  ParsedPart<Row, "body">;
/** What the route has to present. */
export type EndpointPresented<Row extends Endpoint> = z.input<Row["answer"]["schema"]>;
export type EndpointAnswer<Row extends Endpoint> = z.output<Row["answer"]["schema"]>;
