import type { Connector } from "@millrace/connector-kit";
import { anthropic } from "./anthropic/connector.ts";
import { http } from "./http/connector.ts";
import { keyvalue } from "./keyvalue/connector.ts";
import { webhook } from "./webhook/connector.ts";

export type ConnectorsOptions = {
  /** The operator's `ANTHROPIC_BASE_URL`; a connection's own base URL wins over it. */
  anthropicBaseUrl?: string;
  /** The model of a step that names none. */
  anthropicDefaultModel: string;
};

/** Every service Millrace can talk to, in the order the catalog shows them. */
export function createConnectors({ anthropicBaseUrl, anthropicDefaultModel }: ConnectorsOptions): Connector[] {
  return [anthropic({ baseUrl: anthropicBaseUrl, defaultModel: anthropicDefaultModel }), http, keyvalue, webhook];
}
