import type { DefinitionWorld, KnownAction } from "@millrace/automation";
import { isJsonObject } from "@millrace/base";
import type { RegisteredAction, Registry } from "@millrace/connector-kit";
import type { ConnectionRepository } from "@millrace/db";

/** What `checkDefinition` must know: the catalog, and the workspace's connections as they are now. */
export async function readDefinitionWorld(
  services: { registry: Registry; connections: Pick<ConnectionRepository, "list"> },
  workspaceId: string,
): Promise<DefinitionWorld> {
  const connections: { name: string; connectorId: string }[] = [];
  let cursor: string | undefined;
  do {
    const page = await services.connections.list({ workspaceId, cursor, limit: 200 });
    connections.push(...page.items.map(({ name, connectorId }) => ({ name, connectorId })));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { ...catalogOf(services.registry), connections };
}

type Catalog = Pick<DefinitionWorld, "findAction" | "actionIds">;
const catalogs = new WeakMap<Registry, Catalog>();

/** The catalog never changes while the process lives, and JSON Schemas are not cheap to make. */
export function catalogOf(registry: Registry): Catalog {
  const known = catalogs.get(registry);
  if (known) return known;
  const required = new Map(
    registry
      .catalog()
      .flatMap(({ actions }) => actions.map(({ id, inputSchema }) => [id, requiredOf(inputSchema)] as const)),
  );
  const ids = [...required.keys()];
  const catalog: Catalog = {
    actionIds: () => ids,
    findAction(id) {
      const action = registry.findAction(id);
      return action && knownAction(action, required.get(id) ?? []);
    },
  };
  catalogs.set(registry, catalog);
  return catalog;
}

function knownAction({ id, connector, ...action }: RegisteredAction, required: readonly string[]): KnownAction {
  const { shape } = action.input;
  const connection = action.kind === "call" ? action.connection : undefined;
  return {
    connectorId: connector.id,
    fields: Object.keys(shape),
    required,
    connection: connection ? (connection.required ? "required" : "optional") : "none",
    checkLiterals: (input) =>
      Object.entries(input).flatMap(([field, value]) => {
        const schema = Object.hasOwn(shape, field) ? shape[field] : undefined;
        const [issue] = schema?.safeParse(value).error?.issues ?? [];
        // A required field that is empty is reported as missing already.
        if (!issue || (value === "" && required.includes(field))) return [];
        return [{ field, message: `${id}, ${field}: ${issue.message}.` }];
      }),
  };
}

function requiredOf(inputSchema: unknown): string[] {
  if (!isJsonObject(inputSchema) || !Array.isArray(inputSchema.required)) return [];
  return inputSchema.required.filter((name) => typeof name === "string");
}
