import { isJsonObject } from "@millrace/base";
import type { z } from "zod";
import { presetNames } from "../verification/verification-schema.ts";
import { type Definition, definitionLimits, definitionSchema } from "./definition.ts";
import { nearestName } from "./nearest-name.ts";
import { walkSteps } from "./walk-steps.ts";

/** One thing wrong with a definition: where, what, and what to do. */
export type DefinitionIssue = {
  /** Where in the document: `steps[1].input.key`; empty for the whole. */
  path: string;
  code:
    | "malformed"
    | "unknown_key"
    | "duplicate_id"
    | "too_large"
    | "unknown_action"
    | "unknown_field"
    | "missing_field"
    | "invalid_field"
    | "missing_connection"
    | "unknown_connection"
    | "unknown_secret"
    | "unused_answer"
    | "invalid_expression"
    | "unknown_step"
    | "later_step";
  message: string;
  /** The nearest valid name, where a name was wrong. */
  nearest?: string;
  /** Errors keep a draft from being published; warnings don't. */
  severity: "error" | "warning";
};

export type ParsedDefinition = { ok: true; definition: Definition } | { ok: false; issues: DefinitionIssue[] };

type ZodIssue = z.core.$ZodIssue;

const stepKeys = ["action", "set", "filter", "branch", "respond"];
const knownKeys = [
  ...[
    "millrace",
    "name",
    "description",
    "concurrency",
    "retention",
    "days",
    "megabytes",
    "order",
    "trigger",
    "steps",
    "type",
    "verify",
    "preset",
    "dedupe",
    "filter",
    "respond",
  ],
  ...["id", "note", "action", "connection", "input", "timeout", "retry", "attempts", "atMostOnce", "onError"],
  ...["set", "branch", "when", "otherwise", "status", "headers", "body"],
  ...["methods", "maxBodyBytes", "rateLimit", "requests", "per", "secret", "scheme", "allowFrom", "verifyToken"],
];

/**
 * Reads a definition from JSON or YAML data. Refuses what the format does not know, with the place, what was expected
 * and the nearest valid name. What needs the catalog or the connections is `checkDefinition`'s.
 */
export function parseDefinition(input: unknown): ParsedDefinition {
  if (!isJsonObject(input)) {
    return refused("", "malformed", "expected an object with millrace, name, trigger and steps");
  }
  const refusal = measure(input);
  if (refusal) return refusal;
  const parsed = definitionSchema.safeParse(input);
  if (!parsed.success) {
    return { ok: false, issues: parsed.error.issues.flatMap((issue) => explain(issue, [], input)) };
  }
  const issues = duplicateIds(parsed.data);
  return issues.length > 0 ? { ok: false, issues } : { ok: true, definition: parsed.data };
}

function refused(path: string, code: DefinitionIssue["code"], message: string): ParsedDefinition & { ok: false } {
  return { ok: false, issues: [{ path, code, message, severity: "error" }] };
}

/** Counted before the schema reads it, because the schema is recursive and the input may be hostile. */
function measure(input: object): (ParsedDefinition & { ok: false }) | undefined {
  const deepest = definitionLimits.nesting * 4 + 16;
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest)
      return refused("", "too_large", `nested too deeply: at most ${definitionLimits.nesting} blocks within blocks`);
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  if (JSON.stringify(input).length > definitionLimits.jsonBytes) {
    return refused("", "too_large", `larger than ${definitionLimits.jsonBytes / 1024} KiB`);
  }
  return undefined;
}

function explain(issue: ZodIssue, base: readonly PropertyKey[], input: unknown): DefinitionIssue[] {
  const path = [...base, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const nearest = nearestName(key, knownKeys);
      const hint = nearest && nearest !== key ? ` Did you mean ${nearest}?` : "";
      return {
        path: presentPath([...path, key]),
        code: "unknown_key",
        message: `${key} is not a key of this part.${hint}`,
        severity: "error",
        ...(nearest && nearest !== key ? { nearest } : {}),
      };
    });
  }
  if (issue.code === "invalid_union") {
    if (isAboutVerification(path)) return explainVerification(issue, path, input);
    if (path.at(-1) === "status")
      return [{ path: presentPath(path), code: "malformed", message: issue.message, severity: "error" }];
    const option = unionOption(at(input, path));
    const chosen = option === undefined ? undefined : issue.errors[option];
    if (chosen && chosen.length > 0) return chosen.flatMap((inner) => explain(inner, path, input));
    return [
      { path: presentPath(path), code: "malformed", message: expectedUnion(at(input, path), issue), severity: "error" },
    ];
  }
  return [{ path: presentPath(path), code: "malformed", message: issue.message, severity: "error" }];
}

const isAboutVerification = (path: readonly PropertyKey[]): boolean => path[0] === "trigger" && path[1] === "verify";

/** A preset or a scheme; each further choice below says by itself what it expects. */
function explainVerification(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  input: unknown,
): DefinitionIssue[] {
  const value = at(input, path);
  const meant =
    path.length > 2 || !isJsonObject(value) ? undefined : ["preset", "scheme"].findIndex((key) => key in value);
  const chosen = meant === undefined ? undefined : issue.errors[meant];
  if (chosen && chosen.length > 0) return chosen.flatMap((inner) => explain(inner, path, input));
  const nearest = path.at(-1) === "preset" && typeof value === "string" ? nearestName(value, presetNames) : undefined;
  const hint = nearest ? `. Did you mean ${nearest}?` : "";
  return [
    {
      path: presentPath(path),
      code: "malformed",
      message: `${issue.message}${hint}`,
      severity: "error",
      ...(nearest ? { nearest } : {}),
    },
  ];
}

/** Which member of a union the author meant, by the keys that are there. The numbers follow the order in `definition.ts`. */
function unionOption(value: unknown): number | undefined {
  if (Array.isArray(value)) return 2; // onError: a list of steps
  if (!isJsonObject(value)) return undefined;
  if ("when" in value || ("steps" in value && !("id" in value))) return 0;
  if ("otherwise" in value) return 1;
  const option = stepKeys.findIndex((key) => key in value);
  return option === -1 ? undefined : option;
}

function expectedUnion(value: unknown, issue: ZodIssue): string {
  if (isJsonObject(value) && "id" in value) {
    const nearest = Object.keys(value)
      .map((key) => nearestName(key, stepKeys))
      .find(Boolean);
    return `expected a step with one of action, set, filter, branch or respond${nearest ? `; did you mean ${nearest}?` : ""}`;
  }
  if ("note" in issue && issue.note)
    return `expected type webhook or manual; other triggers are not available in this version`;
  if (typeof value === "string") return "expected stop, continue or a list of steps";
  return "expected a step: an object with id and one of action, set, filter, branch or respond";
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<PropertyKey, unknown>)[key];
  }, root);
}

/** `["steps", 1, "input", "key"]` becomes `steps[1].input.key`. */
export function presentPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

function duplicateIds(definition: Definition): DefinitionIssue[] {
  const seen = new Map<string, string>();
  const issues: DefinitionIssue[] = [];
  let count = 0;
  for (const { step, location } of walkSteps(definition.steps)) {
    count++;
    const first = seen.get(step.id);
    if (first === undefined) seen.set(step.id, location);
    else {
      issues.push({
        path: `${location}.id`,
        code: "duplicate_id",
        message: `${step.id} is already the id of ${first}; ids are unique in an automation`,
        severity: "error",
      });
    }
  }
  if (count > definitionLimits.steps) {
    issues.push({
      path: "steps",
      code: "too_large",
      message: `${count} steps; the limit is ${definitionLimits.steps}`,
      severity: "error",
    });
  }
  return issues;
}
