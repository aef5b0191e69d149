import {
  compileExpression,
  compileTemplate,
  ExpressionError,
  expressionNames,
  nearestName,
  type Scope,
  toJson,
} from "@millrace/automation";
import type { Json } from "@millrace/base";

export type Problem = {
  message: string;
  /** `error`: it can't run; `warning`: it is not in the sample, which may just be incomplete. */
  severity: "error" | "warning";
  /** Where in the source, in code units. */
  from?: number;
  to?: number;
  /** Text that is there and could replace what is not. */
  path?: string;
  nearest?: string;
};

export type Analysis = {
  /** Paths that it reads, as one would write them. */
  paths: string[];
  isTemplate: boolean;
  /** Absent where it can't be computed for this sample. */
  value?: { json: Json };
  problem?: Problem;
};

type Options = { scope: Scope; names?: readonly string[] };

/** What a field with `{{ }}` gives for the sample, or what is wrong with it. Never throws. */
export function analyzeTemplate(source: string, { scope, names = expressionNames }: Options): Analysis {
  const spans = templateSpans(source);
  const [only] = spans;
  return analyze(source, scope, spans.length === 1 && only ? only.from + 2 : undefined, () => {
    const { kind, paths, evaluate } = compileTemplate(source, { names });
    return { isTemplate: kind !== "literal", paths, evaluate };
  });
}

/** The same for a field that is an expression through and through, such as a condition. */
export function analyzeExpression(source: string, { scope, names = expressionNames }: Options): Analysis {
  return analyze(source, scope, 0, () => ({ isTemplate: true, ...compileExpression(source, { names }) }));
}

type Compiled = Pick<ReturnType<typeof compileTemplate>, "paths" | "evaluate"> & { isTemplate: boolean };

/** `offset` is where evaluation counts its positions from; undefined where several expressions make that unsure. */
function analyze(source: string, scope: Scope, offset: number | undefined, compile: () => Compiled): Analysis {
  let compiled: Compiled;
  try {
    compiled = compile();
  } catch (error) {
    return { paths: [], isTemplate: true, problem: problemOf(error, source, "error", 0) };
  }
  const { isTemplate, paths } = compiled;
  const analysis = { isTemplate, paths: paths.map(({ text }) => text) };
  const unknownStep = findUnknownStep(paths, scope, source);
  if (unknownStep) return { ...analysis, problem: unknownStep };
  try {
    return { ...analysis, value: { json: toJson(compiled.evaluate(scope)) } };
  } catch (error) {
    return { ...analysis, problem: problemOf(error, source, "warning", offset) };
  }
}

/** Steps are known for sure, unlike what a sample holds: a wrong one is an error and not a gap in the data. */
function findUnknownStep(paths: Compiled["paths"], scope: Scope, source: string): Problem | undefined {
  const steps = scope.steps;
  if (typeof steps !== "object" || steps === null) return undefined;
  for (const { segments } of paths) {
    const [root, id] = segments;
    if (root !== "steps" || typeof id !== "string" || id === "*" || Object.hasOwn(steps, id)) continue;
    const nearest = nearestName(id, Object.keys(steps));
    const path = `steps.${id}`;
    const from = source.indexOf(path);
    return {
      severity: "error",
      message: `No step before this one has the id ${id}.`,
      path,
      ...(nearest ? { nearest: `steps.${nearest}` } : {}),
      ...(from === -1 ? {} : { from, to: from + path.length }),
    };
  }
  return undefined;
}

function problemOf(error: unknown, source: string, severity: Problem["severity"], offset: number | undefined): Problem {
  if (!(error instanceof ExpressionError))
    return { message: error instanceof Error ? error.message : String(error), severity: "error" };
  const { message, path, nearest, position } = error;
  const place = path ? source.indexOf(path) : -1;
  const range =
    place !== -1 && path
      ? { from: place, to: place + path.length }
      : position && offset !== undefined && { from: position.start + offset, to: position.end + offset };
  return {
    message,
    severity,
    ...(path === undefined ? {} : { path }),
    ...(nearest === undefined ? {} : { nearest }),
    ...(range && range.to > range.from && range.to <= source.length ? range : {}),
  };
}

/** The source with the path that is not there replaced by the one that is. */
export function withNearest(source: string, { path, nearest }: Problem): string {
  return path === undefined || nearest === undefined ? source : source.replaceAll(path, nearest);
}

/** Where the `{{ … }}` of a text stand, braces included; quoted braces don't count. */
export function templateSpans(source: string): { from: number; to: number }[] {
  const spans: { from: number; to: number }[] = [];
  let from = source.indexOf("{{");
  while (from !== -1) {
    const to = templateEnd(source, from + 2);
    if (to === -1) break;
    spans.push({ from, to });
    from = source.indexOf("{{", to);
  }
  return spans;
}

function templateEnd(source: string, start: number): number {
  let quote = "";
  for (let index = start; index < source.length; index++) {
    const character = source[index] ?? "";
    if (quote !== "") {
      if (character === "\\") index++;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "}" && source[index + 1] === "}") return index + 2;
  }
  return -1;
}
