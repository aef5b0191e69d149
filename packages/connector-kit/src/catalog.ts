import type { Json, JsonObject } from "@millrace/base";
import type { Action, Effect, Replay } from "./action.ts";
import type { Connector } from "./connector.ts";
import type { FieldDescription } from "./credential-fields.ts";
import { jsonSchemaOf } from "./json-schema.ts";

export type CatalogAction = {
  id: string;
  kind: "call" | "state";
  title: string;
  summary: string;
  effect: Effect;
  /** `safe` for state actions: they are exactly once by themselves. */
  replay: Replay;
  inputSchema: Json;
  outputSchema: Json;
  example: { input: JsonObject; output: JsonObject };
  /** Fields whose choices can be asked for. */
  hasOptions: string[];
};

export type CatalogConnector = {
  id: string;
  title: string;
  summary: string;
  icon: string;
  connection: { kind: "fields"; required: boolean; fields: FieldDescription[] } | null;
  actions: CatalogAction[];
};

/** A connector as JSON: what the editor draws forms from and the assistant reads. */
export function presentConnector(connector: Connector): CatalogConnector {
  const { id, title, summary, icon, connection } = connector;
  return {
    id,
    title,
    summary,
    icon,
    connection: connection
      ? { kind: connection.kind, required: connection.required, fields: connection.describe() }
      : null,
    actions: Object.entries(connector.actions).map(([name, action]) => presentAction(`${id}.${name}`, action)),
  };
}

function presentAction(id: string, action: Action): CatalogAction {
  const { kind, title, summary, effect, example } = action;
  return {
    id,
    kind,
    title,
    summary,
    effect,
    replay: action.kind === "call" ? action.replay : "safe",
    inputSchema: jsonSchemaOf(action.input, "input"),
    outputSchema: jsonSchemaOf(action.output, "output"),
    example,
    hasOptions: action.kind === "call" ? [...action.optionFields] : [],
  };
}
