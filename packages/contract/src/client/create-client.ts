import type { Endpoint, EndpointAnswer, EndpointInput } from "../endpoint.ts";
import { endpoints } from "../endpoints.ts";
import type { LiveEventView } from "../resources/events.ts";
import { type ClientOptions, type Input, send } from "./send.ts";
import { type WatchOptions, watch } from "./watch.ts";

type CallOptions = { signal?: AbortSignal | undefined };

type Call<Row extends Endpoint> =
  unknown extends EndpointInput<Row>
    ? (input?: Record<never, never>, options?: CallOptions) => Promise<EndpointAnswer<Row>>
    : Record<never, never> extends EndpointInput<Row>
      ? (input?: EndpointInput<Row>, options?: CallOptions) => Promise<EndpointAnswer<Row>>
      : (input: EndpointInput<Row>, options?: CallOptions) => Promise<EndpointAnswer<Row>>;

type Resource<Rows extends Record<string, Endpoint>> = { [Name in keyof Rows]: Call<Rows[Name]> };
type Resources = Omit<typeof endpoints, "events">;

/** `client.runs.get({ runId })`: params, query and body of the endpoint in one object. Every method throws ApiError. */
export type Client = { [Name in keyof Resources]: Resource<Resources[Name]> } & {
  watch(options?: WatchOptions): AsyncGenerator<LiveEventView>;
  signIn(credentials: { email: string; password: string }): Promise<void>;
  signOut(): Promise<void>;
};

export function createClient(options: ClientOptions): Client {
  const resource = <Rows extends Record<string, Endpoint>>(rows: Rows): Resource<Rows> => {
    const calls = Object.entries(rows).map(([name, row]) => [
      name,
      (input: Input = {}, { signal }: CallOptions = {}) => send(options, row, input, signal),
    ]);
    // Each answer was parsed with the schema that its type was computed from.
    return Object.fromEntries(calls) as Resource<Rows>;
  };
  const account = resource(endpoints.account);
  return {
    account,
    automations: resource(endpoints.automations),
    versions: resource(endpoints.versions),
    runs: resource(endpoints.runs),
    deliveries: resource(endpoints.deliveries),
    connections: resource(endpoints.connections),
    connectors: resource(endpoints.connectors),
    keyvalue: resource(endpoints.keyvalue),
    apiKeys: resource(endpoints.apiKeys),
    workspace: resource(endpoints.workspace),
    reference: resource(endpoints.reference),
    watch: (watching) => watch(options, watching),
    signIn: account.signIn,
    signOut: () => account.signOut(),
  };
}
