import type { RunTrouble } from "./ports.ts";

/** An error that is no Failure of the step, which was under way when it came: `cause` is what was thrown. */
export class StepInterrupted extends Error {
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`Step ${path} could not go on.`, { cause });
    this.name = "StepInterrupted";
    this.path = path;
  }
}

const maxMessage = 300;

/** As people see it. Of the database and of the network only the code: their messages may name hosts and users. */
export function troubleOf(error: unknown): RunTrouble {
  if (error instanceof StepInterrupted) return { path: error.path, message: messageOf(error.cause) };
  return { path: null, message: messageOf(error) };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  if ("code" in error && typeof error.code === "string") return `error ${error.code}`;
  return error.message.slice(0, maxMessage);
}
