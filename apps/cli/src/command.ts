import type { Command } from "commander";
import { usageError } from "./cli-error.ts";

/** A command with the `--json` that every one of them has. */
export function addCommand(group: Command, usage: string, summary: string): Command {
  return group.command(usage).description(summary).option("--json", "print JSON, errors included");
}

/** For options that count: `--limit 20`. */
export function wholeNumber(name: string, lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= lowest && value <= highest) return value;
    throw usageError(`${name} takes a whole number from ${lowest} to ${highest}.`);
  };
}

/** For options that may be given several times. */
export function collected(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
