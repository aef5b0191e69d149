import { typeFault } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { isMap, none, Optional, type Value } from "../value.ts";

const define = functionsOf("optional");

export const optionalFunctions = [
  define({
    name: "hasValue",
    form: "method",
    parameters: ["optional: optional"],
    result: "bool",
    doc: "Whether an optional such as a.?b holds a value.",
    example: [`{"a": 1}.?b.hasValue()`, false],
    cost: "constant",
    run: (_, optional) => optional.held !== undefined,
  }),
  define({
    name: "value",
    form: "method",
    parameters: ["optional: optional"],
    result: "any",
    doc: "The value that an optional holds; an error if it holds none.",
    example: [`{"a": 1}.?a.value()`, 1],
    cost: "constant",
    run: (_, optional) => {
      if (optional.held === undefined) throw typeFault("the optional holds no value");
      return optional.held;
    },
  }),
  define({
    name: "optional.of",
    form: "function",
    parameters: ["value: any"],
    result: "optional",
    doc: "An optional that holds the value.",
    example: [`optional.of(1).value()`, 1],
    cost: "constant",
    run: (_, value) => new Optional(value),
  }),
  define({
    name: "optional.ofNonZeroValue",
    form: "function",
    parameters: ["value: any"],
    result: "optional",
    doc: "An optional that holds the value, unless it is null, false, 0, empty text, an empty list or an empty map.",
    example: [`optional.ofNonZeroValue("").orValue("none")`, "none"],
    cost: "elements",
    run: (_, value) => (isZero(value) ? none : new Optional(value)),
  }),
  define({
    name: "optional.none",
    form: "function",
    parameters: [],
    result: "optional",
    doc: "An optional that holds nothing.",
    example: [`optional.none().orValue(1)`, 1],
    cost: "constant",
    run: () => none,
  }),
];

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).length === 0;
}
