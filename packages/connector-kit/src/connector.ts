import type { Action } from "./action.ts";
import type { Connection } from "./connection.ts";

export type Connector = {
  id: string;
  title: string;
  summary: string;
  /** Inline SVG, or the name of a lucide icon. */
  icon: string;
  connection: Connection | undefined;
  /** The key is the action's name: `messageToAi` of `anthropic` is `anthropic.messageToAi`. */
  actions: Readonly<Record<string, Action>>;
};

export type ConnectorSpec = Omit<Connector, "connection"> & { connection?: Connection };

/** A service Millrace can talk to: the table of contents of its folder. */
export function defineConnector(spec: ConnectorSpec): Connector {
  return { ...spec, connection: spec.connection };
}
