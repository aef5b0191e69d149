import type { Json } from "@millrace/base";
import { type Budget, largestText } from "./budget.ts";
import { Fault } from "./fault.ts";
import { toPlainJson, type Value } from "./value.ts";

/** A value as it stands inside text: texts as they are, the rest as JSON, timestamps as RFC 3339, durations as seconds. */
export function printValue(value: Value, budget: Budget): string {
  if (typeof value === "string") return value;
  const json = toPlainJson(value, budget);
  return typeof json === "string" ? json : printJson(json, budget);
}

/** JSON text of plain JSON; a value that shares its parts is paid for as often as they are printed. */
export function printJson(json: Json, budget: Budget): string {
  // `toPlainJson` has paid for and bounded every part; escapes may make a text six times as long.
  budget.spend(1);
  const text = JSON.stringify(json);
  if (text.length > largestText)
    throw new Fault("too_expensive", `makes a text of more than ${largestText} characters`);
  budget.spendText(text.length);
  return text;
}
