import type { FunctionEntry } from "./function-entry.ts";
import { conversionFunctions } from "./functions/conversion.ts";
import { dateFunctions } from "./functions/date.ts";
import { dateGetterFunctions } from "./functions/date-getters.ts";
import { encodingFunctions } from "./functions/encoding.ts";
import { hashingFunctions } from "./functions/hashing.ts";
import { listFunctions } from "./functions/list.ts";
import { listOrderFunctions } from "./functions/list-order.ts";
import { macroFunctions } from "./functions/macro.ts";
import { mapFunctions } from "./functions/map.ts";
import { moneyFunctions } from "./functions/money.ts";
import { numberFunctions } from "./functions/number.ts";
import { optionalFunctions } from "./functions/optional.ts";
import { patternFunctions } from "./functions/pattern.ts";
import { phoneFunctions } from "./functions/phone.ts";
import { textFunctions } from "./functions/text.ts";
import { textPartFunctions } from "./functions/text-parts.ts";
import { textSearchFunctions } from "./functions/text-search.ts";

/** Every function an expression may call. The evaluator, the editor's completion, the assistant and the docs read this one table. */
export const functionTable: readonly FunctionEntry[] = [
  ...macroFunctions,
  ...optionalFunctions,
  ...conversionFunctions,
  ...textFunctions,
  ...textSearchFunctions,
  ...textPartFunctions,
  ...patternFunctions,
  ...listFunctions,
  ...listOrderFunctions,
  ...mapFunctions,
  ...numberFunctions,
  ...dateGetterFunctions,
  ...dateFunctions,
  ...phoneFunctions,
  ...moneyFunctions,
  ...encodingFunctions,
  ...hashingFunctions,
];

const byName = new Map<string, FunctionEntry[]>();
for (const entry of functionTable) byName.set(entry.name, [...(byName.get(entry.name) ?? []), entry]);

export const functionNames: readonly string[] = [...byName.keys()];

/** What stands before the dot in names such as `math.abs`. */
export const namespaces: ReadonlySet<string> = new Set(
  functionNames.filter((name) => name.includes(".")).map((name) => name.slice(0, name.indexOf("."))),
);

/** The entries of a name that can be called in this form; macros are not among them. */
export function findFunctions(name: string, form: "function" | "method"): readonly FunctionEntry[] {
  return (byName.get(name) ?? []).filter((entry) => entry.run && (entry.form === form || entry.form === "both"));
}
