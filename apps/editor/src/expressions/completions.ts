import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { type FunctionEntry, functionTable, type ParameterType, type Scope } from "@millrace/automation";
import { isJsonObject, type Json } from "@millrace/base";
import { entriesOf, summarize } from "../data/json-rows.ts";
import { pathText } from "../data/path-text.ts";
import { templateSpans } from "./analyze.ts";

const rootDocs: Record<string, string> = {
  trigger: "The request or event that started the run.",
  steps: "What earlier steps gave.",
  run: "This run: its id and start.",
  automation: "This automation: its id and name.",
};

/** Completes paths from the sample's data and functions from the table. */
export function completionSource(scope: Scope, isExpression: boolean) {
  return (context: CompletionContext): CompletionResult | null => {
    if (!isExpression && !isInTemplate(context)) return null;
    const word = context.matchBefore(/[\w.[\]"'?-]*$/);
    if (!word || (word.from === word.to && !context.explicit && !isExpression && !atStart(context))) return null;
    const dot = word.text.lastIndexOf(".");
    if (dot === -1)
      return {
        from: word.from,
        options: [...rootCompletions(scope), ...functionCompletions("function")],
        validFor: /^\w*$/,
      };
    const value = valueAt(scope, word.text.slice(0, dot));
    const fields = value === undefined ? [] : fieldCompletions(value);
    return {
      from: word.from + dot + 1,
      options: [...fields, ...functionCompletions("method", value)],
      validFor: /^\w*$/,
    };
  };
}

/** Right after `{{` the names should show without asking. */
const atStart = (context: CompletionContext) => context.matchBefore(/\{\{\s*$/) !== null;

function isInTemplate({ state, pos }: CompletionContext): boolean {
  const source = state.doc.toString();
  if (templateSpans(source).some(({ from, to }) => pos >= from + 2 && pos <= to - 2)) return true;
  const opened = source.lastIndexOf("{{", pos);
  return opened !== -1 && opened + 2 <= pos && !source.slice(opened, pos).includes("}}");
}

function rootCompletions(scope: Scope): Completion[] {
  return Object.keys(rootDocs)
    .filter((name) => Object.hasOwn(scope, name))
    .map((label) => ({ label, type: "variable", boost: 10, info: rootDocs[label] ?? "" }));
}

function fieldCompletions(value: Json): Completion[] {
  if (!isJsonObject(value)) return [];
  return entriesOf(value).map(([key, child]) => {
    const text = pathText(["x", key]).slice(1);
    const isPlain = text.startsWith(".");
    return {
      label: String(key),
      detail: summarize(child, 32),
      type: "property",
      boost: 5,
      // A key that can't stand after a dot takes the dot's place.
      apply: isPlain
        ? String(key)
        : (view, _completion, from, to) =>
            view.dispatch({
              changes: { from: from - 1, to, insert: text },
              selection: { anchor: from - 1 + text.length },
            }),
    };
  });
}

const seenNames = new Set<string>();
const functions = functionTable.filter(({ name, form }) => {
  const key = `${form} ${name}`;
  if (seenNames.has(key)) return false;
  seenNames.add(key);
  return true;
});

/** Of methods, those that take such a value; all of them where the value is not known. */
function functionCompletions(form: "function" | "method", receiver?: Json): Completion[] {
  return functions
    .filter(
      (entry) => (entry.form === form || entry.form === "both") && (receiver === undefined || takes(entry, receiver)),
    )
    .map(({ name, signature, doc, parameters }) => ({
      label: name,
      detail: signature,
      type: "function",
      info: doc,
      apply: (view, _completion, from, to) => {
        const isEmpty = parameters.length <= (form === "method" ? 1 : 0);
        const anchor = from + name.length + (isEmpty ? 2 : 1);
        view.dispatch({ changes: { from, to, insert: `${name}()` }, selection: { anchor } });
      },
    }));
}

function takes({ parameters: [first] }: FunctionEntry, value: Json): boolean {
  const type = value === null ? "null" : Array.isArray(value) ? "list" : jsonTypes[typeof value];
  return first === undefined || first.types.some((accepted) => accepted === "any" || accepted === type);
}

const jsonTypes: Record<string, ParameterType> = { string: "string", number: "number", boolean: "bool", object: "map" };

/** The sample's value at a path that is being typed; undefined for anything but a plain path. */
export function valueAt(scope: Scope, path: string): Json | undefined {
  const segments = path.match(/[A-Za-z_]\w*|\[\d+\]|\["(?:[^"\\]|\\.)*"\]/g) ?? [];
  if (segments.join("").length !== path.replaceAll(/\.\??/g, "").length) return undefined;
  let value: unknown = scope;
  for (const segment of segments) {
    const key = segment.startsWith("[") ? JSON.parse(segment.slice(1, -1)) : segment;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return isPlainJson(value) ? value : undefined;
}

/** Scopes of samples hold JSON only; class instances would be the evaluator's own timestamps. */
function isPlainJson(value: unknown): value is Json {
  if (value === null || typeof value !== "object") return value !== undefined;
  const prototype = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
