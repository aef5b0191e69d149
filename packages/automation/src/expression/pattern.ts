import { RE2JS, RE2JSException } from "re2js";
import type { Budget } from "./budget.ts";
import { invalidArgument } from "./fault.ts";

const longestPattern = 500;
/** RE2 unrolls counted repetition: `(a{1000}){1000}` would be a million instructions. */
const mostInstructions = 1500;

export type Pattern = {
  regex: RE2JS;
  groups: number;
  /** Pays for one pass over the text: in the worst case every instruction looks at every character. */
  spendFor(budget: Budget, text: string): void;
};

const patterns = {
  id: "pattern",
  make(source: string): Pattern {
    try {
      const regex = RE2JS.compile(source);
      const size = regex.programSize();
      return {
        regex,
        groups: regex.groupCount(),
        spendFor: (budget, text) => budget.spend(20 + (text.length * (8 + size)) / 12),
      };
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      throw invalidArgument(`not an RE2 pattern: ${error.message.slice(0, 160)}`);
    }
  },
};

/** A compiled pattern, paid for once per budget. RE2 has no backtracking, so no pattern is slow on some texts only. */
export function compilePattern(budget: Budget, source: string): Pattern {
  if (source.length > longestPattern) throw invalidArgument(`a pattern may have ${longestPattern} characters`);
  const instructions = estimateInstructions(source);
  if (instructions > mostInstructions)
    throw invalidArgument("the pattern repeats too much; use smaller counts such as {1,20}");
  return budget.make(patterns, source, 1500 + instructions * 40 + unicodeCost(source));
}

/**
 * An upper bound of RE2's program, read from the pattern before it is compiled. Counts multiply outwards; what isn't a
 * count is one instruction. It may read a bit too much into an invalid pattern, never too little into a valid one.
 */
export function estimateInstructions(source: string): number {
  const open: number[] = [0];
  let last = 0;
  const add = (size: number) => {
    open[open.length - 1] = (open.at(-1) ?? 0) + size;
    last = size;
  };
  for (let index = 0; index < source.length; index++) {
    const character = source[index];
    if (character === "\\") {
      index++;
      add(2);
    } else if (character === "[") {
      index = classEnd(source, index);
      add(2);
    } else if (character === "(") {
      open.push(2);
    } else if (character === ")" && open.length > 1) {
      add(open.pop() ?? 0);
    } else if (character === "{") {
      const count = /^\{([0-9]{1,9})(?:,([0-9]{0,9}))?\}/.exec(source.slice(index, index + 24));
      if (count) {
        const times = Math.max(Number(count[1]), Number(count[2] ?? 0)) + 1;
        const grown = last * times;
        open[open.length - 1] = (open.at(-1) ?? 0) - last + grown;
        last = grown;
        index += count[0].length - 1;
      } else add(2);
    } else add(2);
    if ((open.at(-1) ?? 0) > 1e9) return Number.POSITIVE_INFINITY;
  }
  return open.reduce((total, size) => total + size, 0);
}

/** The closing bracket of a character class. */
function classEnd(source: string, start: number): number {
  let index = start + 1;
  if (source[index] === "^") index++;
  if (source[index] === "]") index++;
  while (index < source.length && source[index] !== "]") {
    if (source[index] === "\\") index++;
    else if (source.startsWith("[:", index)) {
      const end = source.indexOf(":]", index);
      if (end !== -1) index = end + 1;
    }
    index++;
  }
  return index;
}

/** Unicode classes and ignoring case unfold to long range tables. */
function unicodeCost(source: string): number {
  const classes = source.match(/\\[pP]|\[/g)?.length ?? 0;
  return classes * (source.includes("(?") ? 1500 : 400);
}
