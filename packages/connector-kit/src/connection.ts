import { Failure } from "@millrace/base";
import type { z } from "zod";
import { type ActionSpec, buildAction, type CallAction, type OpenClient } from "./action.ts";
import type { Credential, CredentialOf, CredentialShape, FieldDescription, FieldsAuth } from "./credential-fields.ts";
import type { Egress, EgressBinding } from "./egress/egress.ts";

export type CheckContext = { signal: AbortSignal; timeoutMs: number };
export type CheckResult = { account?: string };

type SpecBase<Shape extends CredentialShape> = {
  auth: FieldsAuth<Shape>;
  /** `https://host[:port]`, fixed or read from the credential. The credential goes nowhere else. */
  origins: readonly string[] | ((credential: CredentialOf<Shape>) => readonly string[]);
  /** Origins that the operator's configuration sets: they may be private and plain http. */
  operatorOrigins?: readonly string[];
  /** Secrets that the client makes from the fields, such as the encoded pair of basic authentication. */
  derivedSecrets?: (credential: CredentialOf<Shape>) => readonly string[];
};

export type ConnectionSpec<Shape extends CredentialShape, Client> = SpecBase<Shape> & {
  client: (opening: { credential: CredentialOf<Shape>; http: Egress }) => Client;
  /** Asks the service who we are. Throws `Failure` when it refuses us. */
  check: (client: Client, context: CheckContext) => Promise<CheckResult>;
};

export type OptionalConnectionSpec<Shape extends CredentialShape, Client> = SpecBase<Shape> & {
  client: (opening: { credential: CredentialOf<Shape> | undefined; http: Egress }) => Client;
  check: (client: Client, context: CheckContext) => Promise<CheckResult>;
};

/** A connection as everybody but its own connector sees it. */
export type Connection = {
  kind: "fields";
  required: boolean;
  describe(): FieldDescription[];
  /** Throws `invalid_input` naming the field. */
  validate(credential: Credential): void;
  originsOf(credential: Credential): readonly string[];
  /** The values of this credential that must never be shown or stored. */
  secretsOf(credential: Credential): string[];
  check(credential: Credential, http: Egress, context: CheckContext): Promise<CheckResult>;
};

export type ConnectionWithActions<Client> = Connection & {
  action<Input extends z.ZodObject, Output extends z.ZodObject>(spec: ActionSpec<Client, Input, Output>): CallAction;
};

/** A connection without which the connector's actions can't run. */
export function defineConnection<Shape extends CredentialShape, Client>(
  spec: ConnectionSpec<Shape, Client>,
): ConnectionWithActions<Client> {
  const open: OpenClient<Client> = ({ credential, http }) => {
    if (!credential) throw new Failure("connection_missing", "This step needs a connection.");
    const parsed = spec.auth.parse(credential);
    const bound = http.bind(bindingOf(spec, parsed));
    return { client: spec.client({ credential: parsed, http: bound }), http: bound };
  };
  return withActions(spec, true, open, spec.check);
}

/** A connection that an action may do without; its client is then opened without a credential, free to ask any public origin. */
export function defineOptionalConnection<Shape extends CredentialShape, Client>(
  spec: OptionalConnectionSpec<Shape, Client>,
): ConnectionWithActions<Client> {
  const open: OpenClient<Client> = ({ credential, http }) => {
    if (!credential) return { client: spec.client({ credential: undefined, http }), http };
    const parsed = spec.auth.parse(credential);
    const bound = http.bind(bindingOf(spec, parsed));
    return { client: spec.client({ credential: parsed, http: bound }), http: bound };
  };
  return withActions(spec, false, open, spec.check);
}

function withActions<Shape extends CredentialShape, Client>(
  spec: SpecBase<Shape>,
  required: boolean,
  open: OpenClient<Client>,
  check: (client: Client, context: CheckContext) => Promise<CheckResult>,
): ConnectionWithActions<Client> {
  const connection: ConnectionWithActions<Client> = {
    kind: spec.auth.kind,
    required,
    describe: () => spec.auth.describe(),
    validate: (credential) => void bindingOf(spec, spec.auth.parse(credential)),
    originsOf: (credential) => bindingOf(spec, spec.auth.parse(credential)).origins ?? [],
    secretsOf: (credential) => secretsOf(spec, credential),
    check: async (credential, http, context) => check(open({ credential, http }).client, context),
    action: (actionSpec) => buildAction(actionSpec, connection, open),
  };
  return connection;
}

/** The secret values as stored, as parsed (a pasted line break is gone then), and what the client makes from them. */
function secretsOf<Shape extends CredentialShape>(spec: SpecBase<Shape>, credential: Credential): string[] {
  const names = spec.auth
    .describe()
    .filter((field) => field.secret)
    .map((field) => field.name);
  const parsed = tryParse(spec, credential);
  const used = Object.entries(parsed ?? {}).filter(([name]) => names.includes(name));
  const values: unknown[] = [
    ...names.map((name) => credential[name]),
    ...used.map(([, value]) => value),
    ...(parsed ? (spec.derivedSecrets?.(parsed) ?? []) : []),
  ];
  return [...new Set(values.filter((value): value is string => typeof value === "string" && value !== ""))];
}

/** A credential that does not parse was never used, so nothing was made from it. */
function tryParse<Shape extends CredentialShape>(spec: SpecBase<Shape>, credential: Credential) {
  try {
    return spec.auth.parse(credential);
  } catch {
    return undefined;
  }
}

function bindingOf<Shape extends CredentialShape>(
  spec: SpecBase<Shape>,
  credential: CredentialOf<Shape>,
): EgressBinding {
  const origins = typeof spec.origins === "function" ? spec.origins(credential) : spec.origins;
  const operatorOrigins = (spec.operatorOrigins ?? []).filter((origin) => origins.includes(origin));
  return { origins, operatorOrigins };
}
