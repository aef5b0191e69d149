import { nearestName } from "@millrace/automation";
import { isId } from "@millrace/base";
import type { Client } from "@millrace/contract";
import { CliError } from "./cli-error.ts";
import { listEvery } from "./list-pages.ts";

/** The automation with this id or exactly this name. Throws CliError with the nearest name. */
export async function getAutomationId(client: Client, nameOrId: string): Promise<string> {
  if (isId("automation", nameOrId)) return nameOrId;
  const automations = await listEvery((query) => client.automations.list(query));
  const found = automations.find(({ name }) => name === nameOrId);
  if (found) return found.id;
  throw notFound(
    "automation",
    nameOrId,
    automations.map(({ name }) => name),
    "millrace automations list",
  );
}

export function notFound(kind: string, name: string, names: readonly string[], listCommand: string): CliError {
  const nearest = nearestName(name, names);
  return new CliError({
    code: "not_found",
    message: `There is no ${kind} named ${name} in this workspace.${nearest ? ` Did you mean ${nearest}?` : ""}`,
    advice: `${listCommand} lists what there is.`,
    status: 404,
  });
}
