import { type Budget, largestText } from "../budget.ts";
import { Fault, invalidArgument } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { compilePattern, type Pattern } from "../pattern.ts";
import { none, Optional, type Value } from "../value.ts";

const define = functionsOf("pattern");

type Found = { start: number; end: number; group: string | undefined };

/** Matches in turn; each is paid for by the text it had to look at. */
function* findAll(budget: Budget, pattern: Pattern, text: string): Generator<Found> {
  pattern.spendFor(budget, text);
  const matcher = pattern.regex.matcher(text);
  while (matcher.find()) {
    budget.spend(20);
    const group = pattern.groups === 0 ? matcher.group(0) : matcher.group(1);
    yield { start: matcher.start(0), end: matcher.end(0), group: group ?? undefined };
  }
}

function oneGroup(pattern: Pattern): Pattern {
  if (pattern.groups > 1)
    throw invalidArgument("the pattern may have one group in parentheses; write (?:…) for the others");
  return pattern;
}

export const patternFunctions = [
  define({
    name: "matches",
    form: "both",
    parameters: ["text: string", "pattern: string"],
    result: "bool",
    doc: "Whether a part of the text matches an RE2 pattern; write ^ and $ to match the whole.",
    example: [`"order 42".matches("[0-9]+")`, true],
    cost: "own",
    run: (budget, text, pattern) => {
      const compiled = compilePattern(budget, pattern);
      compiled.spendFor(budget, text);
      return compiled.regex.test(text);
    },
  }),
  define({
    name: "regex.extract",
    form: "function",
    parameters: ["text: string", "pattern: string"],
    result: "optional",
    doc: "The first match of an RE2 pattern, or its group in parentheses, as an optional.",
    example: [`regex.extract("order 42", "order ([0-9]+)").orValue("")`, "42"],
    cost: "own",
    run: (budget, text, pattern) => {
      for (const { group } of findAll(budget, oneGroup(compilePattern(budget, pattern)), text)) {
        return group === undefined ? none : new Optional(group);
      }
      return none;
    },
  }),
  define({
    name: "regex.extractAll",
    form: "function",
    parameters: ["text: string", "pattern: string"],
    result: "list",
    doc: "All matches of an RE2 pattern, or of its group in parentheses.",
    example: [`regex.extractAll("a1 b22", "[0-9]+")`, ["1", "22"]],
    cost: "own",
    run: (budget, text, pattern) => {
      const found: Value[] = [];
      for (const { group } of findAll(budget, oneGroup(compilePattern(budget, pattern)), text))
        if (group !== undefined) found.push(group);
      return found;
    },
  }),
  define({
    name: "regex.replace",
    form: "function",
    parameters: ["text: string", "pattern: string", "replacement: string"],
    result: "string",
    doc: "The text with every match of an RE2 pattern replaced by a text.",
    example: [`regex.replace("a1 b22", "[0-9]+", "#")`, "a# b#"],
    cost: "own",
    run: (budget, text, pattern, replacement) => {
      const pieces: string[] = [];
      let from = 0;
      let length = text.length;
      for (const { start, end } of findAll(budget, compilePattern(budget, pattern), text)) {
        length += replacement.length;
        if (length > largestText)
          throw new Fault("too_expensive", `makes a text of more than ${largestText} characters`);
        budget.spendText(replacement.length);
        pieces.push(text.slice(from, start), replacement);
        from = end;
      }
      pieces.push(text.slice(from));
      return pieces.join("");
    },
  }),
];
