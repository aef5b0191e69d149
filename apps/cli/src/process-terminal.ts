import { text as readText } from "node:stream/consumers";
import type { Question, Terminal } from "./terminal.ts";

/** The terminal of this process. Prompts are loaded when the first is shown: scripts never pay for them. */
export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process;
  const isTty = stdout.isTTY === true;
  return {
    env,
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    isTty,
    isInteractive: isTty && stdin.isTTY === true,
    // https://no-color.org: any value that is not empty
    hasColor: isTty && !env.NO_COLOR && env.TERM !== "dumb",
    width: isTty ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
    now: () => new Date(),
    readInput: () => readText(stdin),
    ask,
    confirm,
  };
}

async function ask({ message, isSecret, isRequired, placeholder }: Question): Promise<string | undefined> {
  const { isCancel, password, text } = await import("@clack/prompts");
  const validate = (value: string | undefined) => (isRequired && !value ? "This field is required." : undefined);
  const answer = isSecret
    ? await password({ message, validate })
    : await text({ message, validate, ...(placeholder === undefined ? {} : { placeholder }) });
  return isCancel(answer) ? undefined : (answer ?? "");
}

async function confirm(message: string): Promise<boolean> {
  const prompts = await import("@clack/prompts");
  const answer = await prompts.confirm({ message, initialValue: false });
  return answer === true;
}
