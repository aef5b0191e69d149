import type { FailureCode, JsonObject } from "@millrace/base";
import type { z } from "zod";
import type { Connection } from "./connection.ts";
import type { Credential } from "./credential-fields.ts";
import type { Egress } from "./egress/egress.ts";
import { exampleOf } from "./example.ts";
import { parseInput } from "./input-fault.ts";
import type { StateOperation } from "./state-operation.ts";

export type Effect = "read" | "write" | "destroy";
/** May the action be called again when its outcome is unknown? `keyed`: yes, under the same Idempotency-Key. */
export type Replay = "safe" | "keyed" | "unsafe";
export type Behavior = { effect: Effect; replay: Replay };

export type PickerOption = { value: string; label: string; description?: string };

/** What an action's `run` is given. `http` is bound to the connection's origins. */
export type RunContext<Client, Input> = {
  client: Client;
  input: Input;
  idempotencyKey: string;
  signal: AbortSignal;
  http: Egress;
  now: Date;
  /** The limit that ends this call; a client library's own timeout should not be shorter. */
  timeoutMs: number;
};

export type OptionsContext<Client> = { client: Client; search: string; signal: AbortSignal; timeoutMs: number };

export type ActionSpec<Client, Input extends z.ZodObject, Output extends z.ZodObject> = {
  title: string;
  /** One sentence, shown in the catalog and read by the assistant. */
  summary: string;
  /** What the action usually does; `behavior` decides where it differs from call to call. */
  effect: Effect;
  replay: Replay;
  /** For actions whose input decides, such as an HTTP method: what this very call does. */
  behavior?: (input: z.output<Input>) => Behavior;
  input: Input;
  output: Output;
  example: { input: z.input<Input>; output: z.input<Output> };
  options?: { [Field in keyof z.input<Input>]?: (context: OptionsContext<Client>) => Promise<PickerOption[]> };
  /** Advice for failures of this action that bring none of their own. */
  advice?: Partial<Record<FailureCode, string>>;
  /** How long a call may take when the step sets no limit; 60 s when absent. */
  timeoutMs?: number;
  run: (context: RunContext<Client, z.output<Input>>) => Promise<z.input<Output>>;
};

/** One call as `runAction` makes it; the credential is still text from the vault. */
export type Invocation = {
  input: unknown;
  credential: Credential | undefined;
  idempotencyKey: string;
  signal: AbortSignal;
  http: Egress;
  now: Date;
  timeoutMs: number;
};

export type OptionsRequest = Omit<Invocation, "input" | "idempotencyKey" | "now"> & { search: string };

type Described = {
  title: string;
  summary: string;
  effect: Effect;
  input: z.ZodObject;
  output: z.ZodObject;
  example: { input: JsonObject; output: JsonObject };
};

/** An action that calls a service. Its client's and input's types are closed over, so all actions look alike from outside. */
export type CallAction = Described & {
  kind: "call";
  replay: Replay;
  connection: Connection | undefined;
  advice: Partial<Record<FailureCode, string>>;
  timeoutMs: number | undefined;
  optionFields: readonly string[];
  /** What this very input does; the declared effect and replay where the input can't be read. */
  behaviorFor(input: unknown): Behavior;
  invoke(invocation: Invocation): Promise<unknown>;
  listOptions(field: string, request: OptionsRequest): Promise<PickerOption[]>;
};

export type StateAction = Described & {
  kind: "state";
  /** Throws `invalid_input` when the resolved input does not fit. */
  operation(input: unknown): StateOperation;
};

export type Action = CallAction | StateAction;

/** How an action comes by its client: from a connection, or without one. */
export type OpenClient<Client> = (opening: { credential: Credential | undefined; http: Egress }) => {
  client: Client;
  http: Egress;
};

/** An action of a connector that needs no connection. With one, use `connection.action`. */
export function action<Input extends z.ZodObject, Output extends z.ZodObject>(
  spec: ActionSpec<undefined, Input, Output>,
): CallAction {
  return buildAction(spec, undefined, ({ http }) => ({ client: undefined, http }));
}

export function buildAction<Client, Input extends z.ZodObject, Output extends z.ZodObject>(
  spec: ActionSpec<Client, Input, Output>,
  connection: Connection | undefined,
  open: OpenClient<Client>,
): CallAction {
  const { title, summary, effect, replay, input, output, behavior, options } = spec;
  const loaders = new Map(Object.entries(options ?? {}));
  return {
    kind: "call",
    title,
    summary,
    effect,
    replay,
    input,
    output,
    connection,
    example: exampleOf(spec.example),
    advice: spec.advice ?? {},
    timeoutMs: spec.timeoutMs,
    optionFields: [...loaders.keys()],
    behaviorFor(given) {
      const parsed = behavior ? input.safeParse(given) : undefined;
      return behavior && parsed?.success ? behavior(parsed.data) : { effect, replay };
    },
    async invoke({ input: given, credential, http, ...rest }) {
      const parsed = parseInput(input, given);
      return spec.run({ ...rest, ...open({ credential, http }), input: parsed });
    },
    async listOptions(field, { credential, http, ...rest }) {
      const load = loaders.get(field);
      if (!load) return [];
      return load({ ...rest, client: open({ credential, http }).client });
    },
  };
}
