import { nearestName } from "@millrace/automation";
import { Failure } from "@millrace/base";
import type { Connection, Connector, Registry } from "@millrace/connector-kit";
import { HttpProblem, invalidRequest } from "../middleware/http-problem.ts";

export type ConnectableConnector = Connector & { connection: Connection };

/** Throws HttpProblem if there is no such connector, or if it takes no credential. */
export function getConnectable(registry: Registry, connectorId: string): ConnectableConnector {
  const connector = registry.findConnector(connectorId);
  if (!connector) {
    const nearest = nearestName(
      connectorId,
      registry.connectors.map(({ id }) => id),
    );
    const hint = nearest ? ` Did you mean ${nearest}?` : "";
    throw new HttpProblem(404, "not_found", `There is no connector ${connectorId}.${hint}`);
  }
  const { connection } = connector;
  if (!connection) throw invalidRequest([{ path: "connector", message: `${connector.title} needs no connection.` }]);
  return { ...connector, connection };
}

export const plainFieldsOf = ({ connection }: ConnectableConnector): string[] =>
  connection
    .describe()
    .filter(({ secret }) => !secret)
    .map(({ name }) => name);

/** Throws HttpProblem that names the field, and never repeats a value. */
export function checkCredential(
  { connection, title }: ConnectableConnector,
  fields: Readonly<Record<string, string>>,
): void {
  const known = connection.describe().map(({ name }) => name);
  const issues = Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      const hint = nearest ? ` Did you mean ${nearest}?` : ` It has ${known.join(", ")}.`;
      return {
        path: `fields.${name}`,
        message: `${title} has no field ${name}.${hint}`,
        ...(nearest ? { nearest } : {}),
      };
    });
  if (issues.length > 0) throw invalidRequest(issues);
  try {
    connection.validate(fields);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "invalid_input") throw error;
    throw invalidRequest([{ path: `fields.${error.detail.field ?? ""}`.replace(/\.$/, ""), message: error.message }]);
  }
}
