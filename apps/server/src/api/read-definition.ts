import { checkDefinition, type Definition, type DefinitionIssue, parseDefinition } from "@millrace/automation";
import { HttpProblem } from "../middleware/http-problem.ts";
import { readDefinitionWorld } from "./definition-world.ts";
import type { ApiServices } from "./services.ts";

type CheckServices = Pick<ApiServices, "registry" | "connections">;

/** Throws HttpProblem with every mistake of the format. */
export function readDefinition(value: unknown): Definition {
  const parsed = parseDefinition(value);
  if (parsed.ok) return parsed.definition;
  throw definitionProblem("This is no automation definition", parsed.issues);
}

/** What keeps a well-formed definition from being published, and what is worth a look. */
export async function findIssues(
  services: CheckServices,
  workspaceId: string,
  definition: Definition,
): Promise<DefinitionIssue[]> {
  return checkDefinition(definition, await readDefinitionWorld(services, workspaceId));
}

/** Throws HttpProblem if there are errors among the issues. */
export function requirePublishable(issues: readonly DefinitionIssue[]): void {
  const errors = issues.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw definitionProblem("This definition can't be published", errors);
}

function definitionProblem(what: string, issues: readonly DefinitionIssue[]): HttpProblem {
  const [first] = issues;
  const place = first?.path ? `${first.path}: ` : "";
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return new HttpProblem(
    422,
    "definition_invalid",
    `${what}: ${place}${first?.message ?? "it is not well-formed."}${more}`,
    { issues },
  );
}
