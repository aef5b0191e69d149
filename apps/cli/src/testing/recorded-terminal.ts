import type { ExitCode } from "../exit-code.ts";
import { runCli } from "../run-cli.ts";
import type { Question, Terminal } from "../terminal.ts";

export type Recorded = { code: ExitCode; out: string; err: string; questions: Question[] };
export type TerminalOptions = {
  env?: Record<string, string | undefined>;
  input?: string;
  /** What a person at the terminal answers, in order; its presence makes the terminal interactive. */
  answers?: (string | undefined)[];
  isTty?: boolean;
  hasColor?: boolean;
  width?: number;
  now?: Date;
  onOut?: (text: string) => void;
};

/** Runs a command as the process would, and records what it writes. */
export async function record(args: readonly string[], options: TerminalOptions = {}): Promise<Recorded> {
  const recorded = { out: "", err: "", questions: [] as Question[] };
  const answers = [...(options.answers ?? [])];
  const isInteractive = options.answers !== undefined;
  const terminal: Terminal = {
    env: options.env ?? {},
    out(text) {
      recorded.out += text;
      options.onOut?.(text);
    },
    err(text) {
      recorded.err += text;
    },
    isTty: options.isTty ?? isInteractive,
    isInteractive,
    hasColor: options.hasColor ?? false,
    width: options.width ?? Number.POSITIVE_INFINITY,
    now: () => options.now ?? new Date(),
    readInput: async () => options.input ?? "",
    async ask(question) {
      recorded.questions.push(question);
      return answers.shift();
    },
    async confirm(message) {
      recorded.questions.push({ message, isSecret: false, isRequired: true });
      return answers.shift() === "yes";
    },
  };
  const code = await runCli(args, terminal);
  return { code, ...recorded };
}
