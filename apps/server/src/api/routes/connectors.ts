import { Failure } from "@millrace/base";
import { loadOptions } from "@millrace/connector-kit";
import { endpoints } from "@millrace/contract";
import { HttpProblem } from "../../middleware/http-problem.ts";
import { presentConnector } from "../../present/connector.ts";
import type { Routes } from "../route.ts";
import type { ApiServices } from "../services.ts";

const mostOptions = 200;

export function connectorRoutes({ route }: Routes, { registry, credentials, egress }: ApiServices): void {
  const catalog = registry.catalog().map(presentConnector);

  route(endpoints.connectors.list, async () => ({ items: catalog }));

  route(endpoints.connectors.get, async ({ input }) => {
    const connector = catalog.find(({ id }) => id === input.connectorId);
    if (!connector) throw new HttpProblem(404, "not_found", `There is no connector ${input.connectorId}.`);
    return connector;
  });

  route(endpoints.connectors.options, async ({ input, caller }) => {
    const { connectorId, field, search, connection } = input;
    const id = `${connectorId}.${input.action}`;
    const action = registry.findAction(id);
    if (action?.kind !== "call" || !action.optionFields.includes(field)) {
      throw new HttpProblem(404, "not_found", `There are no choices for the field ${field} of ${id}.`);
    }
    try {
      const opened =
        connection === undefined ? undefined : await credentials.open(caller.workspaceId, connectorId, connection);
      const options = await loadOptions(action, field, { credential: opened?.fields, http: egress, search });
      return { options: options.slice(0, mostOptions), problem: null };
    } catch (error) {
      // The field can still be filled by hand, so this is an answer and no error.
      if (error instanceof Failure) return { options: [], problem: error.message };
      throw error;
    }
  });
}
