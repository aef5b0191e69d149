import { type Json, parseJson } from "@millrace/base";
import { usageError } from "./cli-error.ts";
import { losesDigits } from "./lost-digits.ts";

/** A value as written on the command line: JSON where it is JSON, else text. Throws CliError rather than losing digits. */
export function parseValueArgument(text: string): Json {
  const parsed = parseJson(text);
  if (!parsed.ok) {
    if (parsed.reason === "malformed") return text;
    throw usageError(`The value is ${parsed.message}.`, "With --text it is written as text.");
  }
  if (hasLongInteger(text)) {
    throw usageError(
      "A number in the value is too large for JSON numbers and would lose digits.",
      "Write it as text, in quotes or with --text.",
    );
  }
  return parsed.value;
}

function hasLongInteger(json: string): boolean {
  const outsideStrings = json.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  return (outsideStrings.match(/(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g) ?? []).some(losesDigits);
}
