import type { Endpoint } from "./endpoint.ts";
import { account } from "./resources/account.ts";
import { apiKeys } from "./resources/api-keys.ts";
import { automations } from "./resources/automations.ts";
import { connections } from "./resources/connections.ts";
import { connectors } from "./resources/connectors.ts";
import { deliveries } from "./resources/deliveries.ts";
import { events } from "./resources/events.ts";
import { keyvalue } from "./resources/key-value.ts";
import { reference } from "./resources/reference.ts";
import { runs } from "./resources/runs.ts";
import { versions } from "./resources/versions.ts";
import { workspace } from "./resources/workspace.ts";

/** The whole API, by resource. Everything below `/api` but better-auth's `/api/auth` and the page at `/api/docs`. */
export const endpoints = {
  account,
  automations,
  versions,
  runs,
  events,
  deliveries,
  connections,
  connectors,
  keyvalue,
  apiKeys,
  workspace,
  reference,
} satisfies Record<string, Record<string, Endpoint>>;

export type NamedEndpoint = { resource: string; name: string; endpoint: Endpoint };

export function listEndpoints(): NamedEndpoint[] {
  return Object.entries<Record<string, Endpoint>>(endpoints).flatMap(([resource, rows]) =>
    Object.entries(rows).map(([name, endpoint]) => ({ resource, name, endpoint })),
  );
}
