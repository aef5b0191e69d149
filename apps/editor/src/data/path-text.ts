import type { PathSegment } from "./json-rows.ts";

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** CEL keeps these for itself, so they can't stand after a dot: github.com/google/cel-spec, langdef.md, "reserved". */
const reserved = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** A path as an expression writes it: `trigger.body.items[0].name`, `trigger.headers["x-id"]`. */
export function pathText(path: readonly PathSegment[]): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    if (!plainName.test(segment) || reserved.has(segment)) return `${text}[${JSON.stringify(segment)}]`;
    return text === "" ? segment : `${text}.${segment}`;
  }, "");
}

/** What goes into a text field for a path. */
export const templateText = (path: readonly PathSegment[]) => `{{ ${pathText(path)} }}`;

type Insertion = { text: string; from: number; to: number };

/**
 * Where a path lands in a field: as a template in plain text, bare inside `{{ }}` and in fields that are expressions.
 * Selected text is replaced.
 */
export function insertion(
  source: string,
  from: number,
  to: number,
  path: readonly PathSegment[],
  isExpression: boolean,
): Insertion {
  if (isExpression || isInsideTemplate(source, from)) return { text: pathText(path), from, to };
  return { text: templateText(path), from, to };
}

function isInsideTemplate(source: string, position: number): boolean {
  const opened = source.lastIndexOf("{{", position - 1);
  return opened !== -1 && position >= opened + 2 && source.lastIndexOf("}}", position - 1) < opened;
}
