import { parseArgs } from "node:util";

export const legs = ["ack", "e2e", "history", "memory"];

const help = `npm run bench -- [options]

  --only ack,e2e,history,memory   some of the four parts (default: all)
  --quick                         short: for a first look, not for figures to quote
  --profile                       also print the 25 hottest functions of Millrace's process
  --profile allocations           …or where its memory comes from
  --report FILE                   where to write the figures (default: bench/report.json)
  --no-build                      measure what is built already`;

/** Ends the process with a sentence on options that it doesn't know. */
export function readOptions(args) {
  try {
    // parseArgs has no option with an optional value.
    const given = args.flatMap((arg, index) =>
      arg === "--profile" && !isWord(args[index + 1]) ? ["--profile", "functions"] : [arg],
    );
    const { values } = parseArgs({
      args: given,
      options: {
        only: { type: "string" },
        quick: { type: "boolean", default: false },
        profile: { type: "string" },
        report: { type: "string" },
        "no-build": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) end(help, 0);
    const only = values.only?.split(",") ?? legs;
    const unknown = only.find((name) => !legs.includes(name));
    if (unknown !== undefined) end(`There is no part "${unknown}". ${help}`, 1);
    if (values.profile !== undefined && !["functions", "allocations"].includes(values.profile))
      end(`There is no profile of "${values.profile}". ${help}`, 1);
    return { only, quick: values.quick, profile: values.profile, report: values.report, builds: !values["no-build"] };
  } catch (error) {
    return end(`${error.message}\n\n${help}`, 1);
  }
}

const isWord = (arg) => arg !== undefined && !arg.startsWith("-");

function end(text, code) {
  console.log(text);
  process.exit(code);
}

/** How long and how much. */
export const planOf = ({ quick }) =>
  quick
    ? {
        ...{ ackRounds: 1, ackMs: 4_000, ackSlowMs: 4_000 },
        flow: { warmUpEvents: 1_000, events: 3_000, evenMs: 5_000 },
        ...{ historyRuns: 100_000, reads: 60 },
        ...{ starts: 1, idleMs: 20_000 },
      }
    : {
        ...{ ackRounds: 2, ackMs: 8_000, ackSlowMs: 10_000 },
        flow: { warmUpEvents: 4_000, events: 20_000, evenMs: 15_000 },
        ...{ historyRuns: 1_000_000, reads: 200 },
        ...{ starts: 3, idleMs: 20_000 },
      };
