/** A part of CEL that we refuse before anything runs. Every case of the suite that a rule fits must be refused. */
export type UnsupportedRule = {
  what: string;
  reason: string;
  /** Fits the case's id, or its expression, or what it binds. */
  ids?: RegExp;
  expressions?: RegExp;
  bindings?: RegExp;
  /** Fits what we say when we refuse it. */
  messages?: RegExp;
};

export const unsupported: readonly UnsupportedRule[] = [
  {
    what: "Protocol buffer messages, enums and wrapper types",
    reason: "Values are JSON; there are no messages to build or read.",
    expressions:
      /TestAllTypes|\bValue\{|Int32Value\{|FloatValue\{|google\.protobuf|GlobalEnum|NestedEnum|TestRequired|\bmsg\.|proto\./,
  },
  {
    what: "Protocol buffer messages in bindings",
    reason: "Values are JSON; there are no messages to read.",
    bindings: /objectValue(?!.*(Timestamp|Duration))|enumValue/,
  },
  {
    what: "Static types",
    reason: "Types are checked when an expression runs; a body's types aren't known before.",
    messages: /^static types$/,
  },
  {
    what: "Unsigned numbers",
    reason: "JSON has one kind of number.",
    expressions: /\b(0[xX][0-9a-fA-F]+|[0-9]+)[uU]\b|\buint\(/,
    bindings: /uint64Value/,
  },
  {
    what: "Bytes",
    reason: "JSON has none; base64 and hex functions work on text.",
    expressions: /(^|[^A-Za-z0-9_.'"\\])[bB][rR]?["']|\bbytes\(|^base64\.encode\(b/,
    bindings: /bytesValue/,
  },
  {
    what: "Whole numbers beyond 2^53",
    reason: "A JSON number would not keep their digits; write them as text.",
    messages: /^The whole number [0-9]+ has more digits/,
  },
  {
    what: "Types as values: type(x), int, string",
    reason: "typeName(x) gives the name of a type as text.",
    ids: /^conversions\/type\//,
    expressions: /\btype\(/,
  },
  { what: '"…".format(…)', reason: "Templates such as Hello {{ name }} do this.", expressions: /\.format\(/ },
  {
    what: "math.bitAnd and its like, math.isNaN, math.isInf, math.isFinite",
    reason: "Whole numbers have no 64 bits here, and numbers are always finite.",
    expressions: /\bmath\.(bit[A-Z]|is[A-Z])/,
  },
  {
    what: "cel.block",
    reason: "Compilers write it, people don't; cel.bind names values.",
    expressions: /\bcel\.(block|index|iterVar)\(/,
  },
  {
    what: "Optional entries in list and map literals: [?a], {?'k': a}",
    reason: "The parser doesn't know them.",
    messages: /^Unexpected token: QUESTION/,
  },
  {
    what: "Field names in backticks: a.`b-c`",
    reason: 'The parser doesn\'t know them; write a["b-c"].',
    messages: /^Unexpected character: `/,
  },
  {
    what: "Numbers and names that start with a dot: .5, .a",
    reason: "The parser doesn't know them; write 0.5 and a.",
    messages: /^Unexpected token: DOT/,
  },
  {
    what: "Names and functions that don't exist, found before the run",
    reason: "CEL lets `x || true` pass at run time; here a misspelled name is refused when the expression is saved.",
    ids: /^basic\/(variables\/(self_eval_unbound_lookup|unbound_is_runtime_error)|functions\/unbound)|^parse\/receiver_function_names\/|^string_ext\/type_errors\/(replace_quaternary|(indexof|split|substring)_ternary)_invalid/,
  },
  {
    what: "Qualified names: a.b.c as one variable",
    reason: "The names are fixed: trigger, steps, run, automation, item, index.",
    ids: /^namespace\/qualified|^fields\/qualified_identifier_resolution\/(qualified|map_field_select$|list_field|ident_with)/,
  },
];

/** Cases of what we do support in which our result is another one, on purpose. */
export type Difference = { what: string; reason: string; cases: readonly string[] };

export const differences: readonly Difference[] = [
  {
    what: "Division by zero and results beyond a number's range are errors",
    reason: "JSON has neither NaN nor infinity.",
    cases: [
      "comparisons/eq_literal/not_eq_double_nan",
      "comparisons/eq_literal/not_eq_int_double_nan",
      "comparisons/ne_literal/not_ne_double_nan",
      "comparisons/ne_literal/not_ne_int_double_nan",
      "comparisons/ne_literal/ne_double_nan",
      "fp_math/fp_math/divide_zero",
      "fp_math/fp_math/fp_overflow_positive",
      "fp_math/fp_math/fp_overflow_negative",
    ],
  },
  {
    what: "math.ceil, floor, round and trunc take whole numbers too",
    reason: "There is one kind of number.",
    cases: [
      "math_ext/ceil/dyn_error",
      "math_ext/floor/dyn_error",
      "math_ext/round/dyn_error",
      "math_ext/trunc/dyn_error",
    ],
  },
  {
    what: "Map keys are text; numbers and bools look up the text they print as",
    reason: "JSON's keys are text, so going over a map's keys gives texts.",
    cases: ["macros/exists_one/map_one", "macros2/existsOne/map_one"],
  },
  {
    what: "base64.decode gives text",
    reason: "There are no bytes.",
    cases: ["encoders_ext/decode/hello", "encoders_ext/decode/hello_without_padding"],
  },
  {
    what: "An optional can't stand in a list or map",
    reason: "It is not JSON; take its value first.",
    cases: ["optionals/optionals/map_optional_has", "optionals/optionals/map_optional_select_has"],
  },
  {
    what: "Timestamps and durations keep milliseconds",
    reason: "That is what JavaScript's dates and most services keep.",
    cases: [
      "timestamps/timestamp_conversions/toString_timestamp_nanos",
      "timestamps/timestamp_range/add_duration_nanos_over",
      "timestamps/timestamp_range/add_duration_nanos_under",
    ],
  },
  {
    what: "Durations reach 10,000 years instead of 292",
    reason: "The limit is that of CEL's implementations, which count nanoseconds.",
    cases: ["timestamps/timestamp_range/sub_time_duration_over", "timestamps/timestamp_range/sub_time_duration_under"],
  },
  {
    what: "Names aren't looked up in a container",
    reason: "Only protocol buffer packages have them.",
    cases: [
      "namespace/namespace/self_eval_container_lookup",
      "namespace/namespace/self_eval_container_lookup_unchecked",
    ],
  },
];
