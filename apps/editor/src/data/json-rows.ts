import { isJsonObject, type Json } from "@millrace/base";

export type PathSegment = string | number;

export type JsonRow = {
  path: PathSegment[];
  /** Unique among the rows: the path as text. */
  key: string;
  label: string;
  depth: number;
  value: Json;
  /** How many entries it holds; undefined for plain values. */
  size: number | undefined;
  isOpen: boolean;
};

export type MoreRow = { kind: "more"; key: string; depth: number; hidden: number; parentKey: string };
export type TreeRow = ({ kind: "value" } & JsonRow) | MoreRow;

/** Long lists open in parts, so that a body of thousands of rows never freezes the page. */
export const rowsAtOnce = 100;

export type TreeState = {
  /** Keys of rows that were opened or closed by hand. */
  toggled: ReadonlyMap<string, boolean>;
  /** How many entries of a row are shown, where it is more than the first part. */
  shown: ReadonlyMap<string, number>;
};

/** The rows of a JSON tree that are visible. Levels above `openDepth` are open unless closed by hand. */
export function jsonRows(value: Json, base: readonly PathSegment[], state: TreeState, openDepth: number): TreeRow[] {
  const rows: TreeRow[] = [];
  addEntries(rows, value, base, 0, state, openDepth);
  return rows;
}

function addEntries(
  rows: TreeRow[],
  value: Json,
  path: readonly PathSegment[],
  depth: number,
  state: TreeState,
  openDepth: number,
): void {
  const parentKey = keyOf(path);
  const entries = entriesOf(value);
  const limit = state.shown.get(parentKey) ?? rowsAtOnce;
  for (const [segment, child] of entries.slice(0, limit)) {
    const childPath = [...path, segment];
    const key = keyOf(childPath);
    const size = sizeOf(child);
    const isOpen = size !== undefined && size > 0 && (state.toggled.get(key) ?? depth < openDepth);
    rows.push({ kind: "value", path: childPath, key, label: String(segment), depth, value: child, size, isOpen });
    if (isOpen) addEntries(rows, child, childPath, depth + 1, state, openDepth);
  }
  if (entries.length > limit) {
    rows.push({ kind: "more", key: `${parentKey}…`, depth, hidden: entries.length - limit, parentKey });
  }
}

export const keyOf = (path: readonly PathSegment[]) => JSON.stringify(path);

export function entriesOf(value: Json): [PathSegment, Json][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  return isJsonObject(value) ? Object.entries(value) : [];
}

function sizeOf(value: Json): number | undefined {
  if (Array.isArray(value)) return value.length;
  return isJsonObject(value) ? Object.keys(value).length : undefined;
}

/** One line that stands for a value: texts in quotes, long ones cut, lists and objects by their size. */
export function summarize(value: Json, longest = 80): string {
  if (Array.isArray(value)) return value.length === 1 ? "1 item" : `${value.length} items`;
  if (isJsonObject(value)) {
    const count = Object.keys(value).length;
    return count === 1 ? "1 key" : `${count} keys`;
  }
  if (typeof value !== "string") return String(value);
  const line = value.replaceAll("\n", "↵ ");
  return line.length > longest ? `"${line.slice(0, longest)}…"` : `"${line}"`;
}
