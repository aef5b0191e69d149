import type { JsonObject } from "@millrace/base";

type Value = JsonObject[string];

/** Null-prototype, so that a header or field called `__proto__` is data. */
export const emptyMap = (): JsonObject => Object.create(null);

/** A name that comes again gives a list. For values that are no lists themselves. */
export function addListed(map: JsonObject, name: string, value: Value): void {
  const before = map[name];
  if (before === undefined) map[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else map[name] = [before, value];
}
