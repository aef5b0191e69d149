import { parseArgs } from "node:util";
import type { Backend } from "./stores.ts";

export type Options = {
  only: ReadonlySet<string> | undefined;
  backends: readonly Backend[];
  isFull: boolean;
  seed: number;
  slack: number;
};

const usage =
  "Usage: npm run test:faults -- [--only F1,F4] [--backend postgres|redis] [--full] [--seed N] [--slack N (time bars are multiplied by it)]";

/** Throws an error that says how to call it. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const values = parse(args);
  const only = values.only?.split(",").map((id) => id.trim().toUpperCase());
  const unknown = only?.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: expected some of ${known.join(",")}\n${usage}`);
  return {
    only: only && new Set(only),
    backends: backendsOf(values.backend),
    isFull: values.full,
    seed: positive("seed", values.seed),
    slack: positive("slack", values.slack),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string" },
        backend: { type: "string" },
        full: { type: "boolean", default: false },
        seed: { type: "string", default: "1" },
        slack: { type: "string", default: "1" },
      },
    }).values;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

function backendsOf(text: string | undefined): readonly Backend[] {
  if (text === undefined) return ["postgres", "redis"];
  if (text === "postgres" || text === "redis") return [text];
  throw new Error(`--backend ${text}: expected postgres or redis\n${usage}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: expected a number above 0\n${usage}`);
  return value;
}
