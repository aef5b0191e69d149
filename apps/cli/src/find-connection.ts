import type { Client, ConnectionSummary } from "@millrace/contract";
import { usageError } from "./cli-error.ts";
import { notFound } from "./find-automation.ts";
import { listEvery } from "./list-pages.ts";

/** The connection with this name or id. Throws CliError with the nearest name. */
export async function getConnection(client: Client, name: string, connector?: string): Promise<ConnectionSummary> {
  const all = await listEvery((query) => client.connections.list({ ...query, connector }));
  const named = all.filter((each) => each.name === name || each.id === name);
  const [connection] = named;
  if (!connection)
    throw notFound(
      "connection",
      name,
      all.map((each) => each.name),
      "millrace connections list",
    );
  if (named.length === 1) return connection;
  const connectors = named.map((each) => each.connector).join(", ");
  throw usageError(`${named.length} connections are named ${name}, of ${connectors}.`, "Say which with --connector.");
}
