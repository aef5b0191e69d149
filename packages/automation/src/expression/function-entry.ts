import type { Json } from "@millrace/base";
import type { Budget } from "./budget.ts";
import {
  type Duration,
  isMap,
  keysOf,
  type Optional,
  type Result,
  type Timestamp,
  typeOfValue,
  type Value,
  type ValueMap,
  type ValueType,
} from "./value.ts";

export type FunctionFamily =
  | "text"
  | "list"
  | "map"
  | "number"
  | "date"
  | "phone"
  | "money"
  | "encoding"
  | "hashing"
  | "pattern"
  | "conversion"
  | "optional"
  | "macro";

export type ParameterType = ValueType | "any";
export type Parameter = { name: string; types: readonly ParameterType[]; optional: boolean; rest: boolean };

/** `function`: `f(x)`; `method`: `x.f()`, where the first parameter is the receiver; `both`: either. */
export type CallForm = "function" | "method" | "both";

/** One line of the function table: evaluator, editor completion, assistant and docs all read it. */
export type FunctionEntry = {
  name: string;
  family: FunctionFamily;
  form: CallForm;
  parameters: readonly Parameter[];
  /** `slug(text: string, maxLength?: number)` or `text.slug()`, as one would write it. */
  signature: string;
  result: ParameterType;
  doc: string;
  example: { source: string; result: Json };
  cost: FunctionCost;
  /** Absent for macros, whose arguments the evaluator handles itself. Throws a Fault. */
  run?: (budget: Budget, args: readonly Result[]) => Result;
};

/**
 * What a call costs before it runs. `constant`: one unit; `text`: its texts, 16 code units a unit; `slowText`: its texts,
 * 4 code units a unit; `elements`: one for every element or entry of its lists and maps; `own`: it charges as it goes.
 */
export type FunctionCost = "constant" | "text" | "slowText" | "elements" | "own";

type TypeOf<Name extends string> = Name extends `${infer First}|${infer Rest}`
  ? TypeOf<First> | TypeOf<Rest>
  : Name extends "string"
    ? string
    : Name extends "number"
      ? number
      : Name extends "bool"
        ? boolean
        : Name extends "list"
          ? Value[]
          : Name extends "map"
            ? ValueMap
            : Name extends "timestamp"
              ? Timestamp
              : Name extends "duration"
                ? Duration
                : Name extends "optional"
                  ? Optional
                  : Name extends "null"
                    ? null
                    : Name extends "any"
                      ? Value
                      : never;

type ArgumentsOf<P extends readonly string[]> = P extends readonly [
  infer First,
  ...infer Rest extends readonly string[],
]
  ? First extends `...${string}: ${infer Name}`
    ? TypeOf<Name>[]
    : First extends `${string}?: ${infer Name}`
      ? [TypeOf<Name> | undefined, ...ArgumentsOf<Rest>]
      : First extends `${string}: ${infer Name}`
        ? [TypeOf<Name>, ...ArgumentsOf<Rest>]
        : never
  : [];

type Declaration<P extends readonly string[]> = {
  name: string;
  form: CallForm;
  /** `"text: string"`, `"limit?: number"`, `"value: string|number"`, `"...rest: any"`. */
  parameters: P;
  result: ParameterType;
  doc: string;
  example: [source: string, result: Json];
  cost: FunctionCost;
  run: (budget: Budget, ...args: ArgumentsOf<P>) => Result;
};

/** Makes the entries of one family; `run` gets arguments of the declared types. */
export function functionsOf(family: FunctionFamily) {
  return function define<const P extends readonly string[]>(declaration: Declaration<P>): FunctionEntry {
    const { run, example, parameters, ...rest } = declaration;
    const parsed = parameters.map(parseParameter);
    return {
      ...rest,
      family,
      parameters: parsed,
      signature: presentSignature(rest.name, rest.form, parameters),
      example: { source: example[0], result: example[1] },
      // `accepts` has checked the arguments against the very strings that ArgumentsOf was computed from.
      run: (budget, args) => run(budget, ...(args as ArgumentsOf<P>)),
    };
  };
}

type MacroDeclaration = Omit<Declaration<readonly string[]>, "run" | "cost" | "form"> & { form?: CallForm };

/** An entry for what the evaluator handles itself, because arguments are names or need not be evaluated. */
export function defineMacro({ example, parameters, form = "method", ...rest }: MacroDeclaration): FunctionEntry {
  return {
    ...rest,
    form,
    family: "macro",
    parameters: parameters.map(parseParameter),
    signature: presentSignature(rest.name, form, parameters),
    example: { source: example[0], result: example[1] },
    cost: "own",
  };
}

function parseParameter(text: string): Parameter {
  const colon = text.indexOf(": ");
  const rest = text.startsWith("...");
  const optional = text[colon - 1] === "?";
  const types = text.slice(colon + 2).split("|");
  return {
    name: text.slice(rest ? 3 : 0, optional ? colon - 1 : colon),
    types: types as ParameterType[],
    optional,
    rest,
  };
}

function presentSignature(name: string, form: CallForm, parameters: readonly string[]): string {
  if (form === "function") return `${name}(${parameters.join(", ")})`;
  const receiver = (parameters[0] ?? "").split(":")[0];
  return `${receiver}.${name}(${parameters.slice(1).join(", ")})`;
}

export function acceptsCount({ parameters }: FunctionEntry, count: number): boolean {
  const required = parameters.filter((parameter) => !parameter.optional && !parameter.rest).length;
  return count >= required && (count <= parameters.length || parameters.at(-1)?.rest === true);
}

export function accepts(entry: FunctionEntry, args: readonly Result[]): boolean {
  return (
    acceptsCount(entry, args.length) && args.every((value, index) => acceptsArgument(entry.parameters, value, index))
  );
}

function acceptsArgument(parameters: readonly Parameter[], value: Result, index: number): boolean {
  const parameter = parameters[index] ?? parameters.at(-1);
  if (!parameter) return false;
  const type = typeOfValue(value);
  return parameter.types.some((accepted) => accepted === type || (accepted === "any" && type !== "optional"));
}

export function charge(cost: FunctionCost, args: readonly Result[], budget: Budget): void {
  if (cost === "own") return;
  budget.spend(1);
  if (cost === "constant") return;
  for (const value of args) {
    if (cost === "elements") {
      if (Array.isArray(value)) budget.spend(value.length);
      else if (isMap(value)) keysOf(value, budget);
    }
    if (typeof value === "string")
      cost === "slowText" ? budget.spendSlowText(value.length) : budget.spendText(value.length);
  }
}
