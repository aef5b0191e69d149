import { Failure } from "@millrace/base";
import { z } from "zod";
import type { Action } from "./action.ts";
import { type CatalogConnector, presentConnector } from "./catalog.ts";
import type { Connector } from "./connector.ts";
import { suggestion } from "./nearest-names.ts";

export type RegisteredAction = Action & { id: string; connector: Connector };

export type Registry = {
  connectors: readonly Connector[];
  findConnector(id: string): Connector | undefined;
  findAction(id: string): RegisteredAction | undefined;
  /** Throws `invalid_input` with the nearest action ids. */
  getAction(id: string): RegisteredAction;
  /** Serialisable, and the same object each time. */
  catalog(): CatalogConnector[];
};

const idPattern = /^[a-z][A-Za-z0-9]{0,63}$/;

/** Throws at once when a connector contradicts itself: a bad example, an input without JSON Schema, a foreign connection. */
export function createRegistry(connectors: readonly Connector[]): Registry {
  const byId = new Map<string, Connector>();
  const actions = new Map<string, RegisteredAction>();
  for (const connector of connectors) {
    if (!idPattern.test(connector.id)) throw faulty(connector.id, "is not a usable connector id");
    if (byId.has(connector.id)) throw faulty(connector.id, "is declared twice");
    byId.set(connector.id, connector);
    for (const [name, action] of Object.entries(connector.actions)) {
      const id = `${connector.id}.${name}`;
      if (!idPattern.test(name)) throw faulty(id, "is not a usable action id");
      checkAction(id, action, connector);
      actions.set(id, { ...action, id, connector });
    }
  }
  const catalog = connectors.map(presentConnector);
  return {
    connectors,
    findConnector: (id) => byId.get(id),
    findAction: (id) => actions.get(id),
    getAction(id) {
      const action = actions.get(id);
      if (action) return action;
      throw new Failure("invalid_input", `There is no action "${id.slice(0, 200)}".`, {
        field: "action",
        advice: suggestion(id, [...actions.keys()]),
      });
    },
    catalog: () => catalog,
  };
}

function checkAction(id: string, action: Action, connector: Connector): void {
  if (action.kind === "call" && action.connection !== connector.connection) {
    throw faulty(id, "was made from another connection than its connector's");
  }
  for (const side of ["input", "output"] as const) {
    const parsed = action[side].safeParse(action.example[side]);
    if (!parsed.success)
      throw faulty(id, `has an example whose ${side} does not fit: ${z.prettifyError(parsed.error)}`);
  }
  try {
    // A transform passes as input but has no output schema: asking for both finds every type without JSON Schema.
    z.toJSONSchema(action.input, { io: "input" });
    z.toJSONSchema(action.input, { io: "output" });
  } catch (error) {
    throw faulty(id, `has an input without JSON Schema: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (action.kind !== "call") return;
  const strange = action.optionFields.find((field) => !Object.hasOwn(action.input.shape, field));
  if (strange !== undefined) throw faulty(id, `offers options for "${strange}", which is not one of its fields`);
}

function faulty(id: string, what: string): Failure {
  return new Failure("own_bug", `${id} ${what}.`);
}
