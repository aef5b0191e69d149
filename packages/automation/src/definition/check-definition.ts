import { isJsonObject, type Json, type JsonObject } from "@millrace/base";
import { compileExpression, ExpressionError } from "../expression/expression.ts";
import type { LineagePath } from "../expression/lineage.ts";
import { compileTemplate } from "../expression/template.ts";
import { openVerification, signingSecretConnectorId, type Verification } from "../verification/verification-schema.ts";
import type { ActionStep, Definition } from "./definition.ts";
import { nearestName } from "./nearest-name.ts";
import { type DefinitionIssue, presentPath } from "./parse-definition.ts";
import type { RespondStep } from "./respond-step.ts";
import { type PlacedStep, walkSteps } from "./walk-steps.ts";
import { dedupeByBody } from "./webhook-trigger.ts";

/** What the check must know of an action; the connector registry provides it. */
export type KnownAction = {
  connectorId: string;
  fields: readonly string[];
  required: readonly string[];
  connection: "required" | "optional" | "none";
  /** Problems of the values that are written out, without expressions: field path and message. */
  checkLiterals(input: JsonObject): { field: string; message: string }[];
};

export type DefinitionWorld = {
  findAction(id: string): KnownAction | undefined;
  actionIds(): readonly string[];
  /** The workspace's connections. */
  connections: readonly { name: string; connectorId: string }[];
};

/** Names that expressions of a step may start with; a trigger's own expressions know only `trigger`. */
export const expressionNames = ["trigger", "steps", "run", "automation"] as const;

/**
 * Everything that keeps a well-formed definition from running: unknown actions and fields, missing connections,
 * expressions that don't parse, steps that refer to later ones. An empty list means that it can be published.
 */
export function checkDefinition(definition: Definition, world: DefinitionWorld): DefinitionIssue[] {
  const issues: DefinitionIssue[] = [];
  checkTrigger(definition, world, issues);
  const allIds = [...walkSteps(definition.steps)].map(({ step }) => step.id);
  for (const placed of walkSteps(definition.steps)) {
    const { step, location } = placed;
    const visit: Visit = { issues, placed, allIds };
    if ("action" in step) checkAction(step, visit, world);
    else if ("set" in step) checkTemplates(step.set, `${location}.set`, visit);
    else if ("filter" in step) checkExpression(step.filter, `${location}.filter`, visit);
    else if ("respond" in step) checkRespond(step, definition, visit);
    else {
      for (const [arm, choice] of step.branch.entries()) {
        if ("when" in choice) checkExpression(choice.when, `${location}.branch[${arm}].when`, visit);
      }
    }
  }
  return issues;
}

type Visit = { issues: DefinitionIssue[]; placed: PlacedStep; allIds: readonly string[] };

function problem(path: string, code: DefinitionIssue["code"], message: string, nearest?: string): DefinitionIssue {
  const hint = nearest ? ` Did you mean ${nearest}?` : "";
  return { path, code, message: `${message}${hint}`, severity: "error", ...(nearest ? { nearest } : {}) };
}

function checkTrigger({ trigger }: Definition, world: DefinitionWorld, issues: DefinitionIssue[]): void {
  if (trigger.type !== "webhook") return;
  if (trigger.verify) checkSecrets(trigger.verify, world, issues);
  const names = ["trigger"];
  if (trigger.dedupe !== undefined && trigger.dedupe !== dedupeByBody) checkDedupe(trigger.dedupe, names, issues);
  if (trigger.order !== undefined)
    attempt(issues, "trigger.order", () => compileTemplate(trigger.order ?? "", { names }));
  if (trigger.filter !== undefined)
    attempt(issues, "trigger.filter", () => compileExpression(trigger.filter ?? "", { names }));
}

/** Text without an expression would make every request but the first a duplicate. */
function checkDedupe(dedupe: string, names: readonly string[], issues: DefinitionIssue[]): void {
  const compiled = attempt(issues, "trigger.dedupe", () => compileTemplate(dedupe, { names }));
  if (compiled?.kind !== "literal") return;
  const message = `Expected {{ … }} or ${dedupeByBody}: this text is the same for every request, so only the first would start a run.`;
  issues.push(problem("trigger.dedupe", "invalid_expression", message));
}

/** A name without an entry would refuse every request, so it is said before anything is published. */
function checkSecrets(verification: Verification, world: DefinitionWorld, issues: DefinitionIssue[]): void {
  const known = world.connections
    .filter(({ connectorId }) => connectorId === signingSecretConnectorId)
    .map(({ name }) => name);
  const { secretNames, verifyTokenName } = openVerification(verification);
  const isList = "secret" in verification && Array.isArray(verification.secret);
  const named = secretNames.map((name, index) => ({ name, path: isList ? `secret[${index}]` : "secret" }));
  if (verifyTokenName !== undefined) named.push({ name: verifyTokenName, path: "verifyToken" });
  for (const { name, path } of named) {
    if (known.includes(name)) continue;
    const message = `The keyvault has no webhook signing secret named ${name}: add it under Connections.`;
    issues.push(problem(`trigger.verify.${path}`, "unknown_secret", message, nearestName(name, known)));
  }
}

function checkRespond({ respond }: RespondStep, { trigger }: Definition, visit: Visit): void {
  const { location } = visit.placed;
  for (const part of ["status", "headers", "body"] as const) {
    const value = respond[part];
    if (value !== undefined) checkTemplates(value, `${location}.respond.${part}`, visit);
  }
  if (trigger.type === "webhook" && trigger.respond === "whenFinished") return;
  const message = "Nobody waits for this answer: set the trigger's respond to whenFinished.";
  visit.issues.push({ path: location, code: "unused_answer", message, severity: "warning" });
}

function checkAction(step: ActionStep, visit: Visit, world: DefinitionWorld): void {
  const { issues, placed } = visit;
  const action = world.findAction(step.action);
  checkTemplates(step.input, `${placed.location}.input`, visit);
  if (!action) {
    const nearest = nearestName(step.action, world.actionIds());
    issues.push(problem(`${placed.location}.action`, "unknown_action", `There is no action ${step.action}.`, nearest));
    return;
  }
  for (const field of Object.keys(step.input)) {
    if (action.fields.includes(field)) continue;
    const nearest = nearestName(field, action.fields);
    issues.push(
      problem(`${placed.location}.input.${field}`, "unknown_field", `${step.action} has no field ${field}.`, nearest),
    );
  }
  for (const field of action.required) {
    const value = Object.hasOwn(step.input, field) ? step.input[field] : undefined;
    if (value === undefined || value === "") {
      issues.push(problem(`${placed.location}.input.${field}`, "missing_field", `${step.action} needs ${field}.`));
    }
  }
  for (const { field, message } of action.checkLiterals(withoutTemplates(step.input))) {
    issues.push(problem(`${placed.location}.input.${field}`, "invalid_field", message));
  }
  checkConnection(step, action, visit, world);
}

function checkConnection(
  step: ActionStep,
  action: KnownAction,
  { issues, placed }: Visit,
  world: DefinitionWorld,
): void {
  const path = `${placed.location}.connection`;
  const names = world.connections
    .filter(({ connectorId }) => connectorId === action.connectorId)
    .map(({ name }) => name);
  if (step.connection === undefined) {
    if (action.connection !== "required") return;
    const message = `${step.action} needs a connection: add one for ${action.connectorId}, then name it here.`;
    issues.push(problem(path, "missing_connection", message, names[0]));
  } else if (action.connection === "none") {
    issues.push(problem(path, "unknown_connection", `${step.action} takes no connection: remove it.`));
  } else if (!names.includes(step.connection)) {
    const message = `This workspace has no ${action.connectorId} connection named ${step.connection}.`;
    issues.push(problem(path, "unknown_connection", message, nearestName(step.connection, names) ?? names[0]));
  }
}

/** Values without any expression in them: those can be checked before anything runs. */
function withoutTemplates(input: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => !JSON.stringify(value).includes("{{")));
}

function checkTemplates(value: Json, path: string, visit: Visit): void {
  if (typeof value === "string") {
    const template = attempt(visit.issues, path, () => compileTemplate(value, { names: expressionNames }));
    if (template) checkReferences(template.paths, path, visit);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkTemplates(item, `${path}[${index}]`, visit);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) checkTemplates(item, `${path}.${key}`, visit);
  }
}

function checkExpression(source: string, path: string, visit: Visit): void {
  const compiled = attempt(visit.issues, path, () => compileExpression(source, { names: expressionNames }));
  if (compiled) checkReferences(compiled.paths, path, visit);
}

function attempt<Compiled>(issues: DefinitionIssue[], path: string, compile: () => Compiled): Compiled | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    issues.push(problem(path, "invalid_expression", error.message));
    return undefined;
  }
}

function checkReferences(paths: readonly LineagePath[], place: string, { issues, placed, allIds }: Visit): void {
  for (const { segments } of paths) {
    const [root, id] = segments;
    if (root !== "steps" || typeof id !== "string" || id === "*") continue;
    if (placed.earlier.includes(id)) continue;
    if (id === placed.step.id) {
      issues.push(problem(place, "later_step", `Step ${id} refers to itself; only steps that ran before can be used.`));
    } else if (allIds.includes(id)) {
      const message = `${presentPath(["steps", id])} has not run when ${placed.step.id} does: move ${id} before it.`;
      issues.push(problem(place, "later_step", message));
    } else {
      issues.push(problem(place, "unknown_step", `There is no step ${id}.`, nearestName(id, placed.earlier)));
    }
  }
}
