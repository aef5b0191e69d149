import { CliError } from "./cli-error.ts";
import { exitCodes } from "./exit-code.ts";
import { printable } from "./output/printable.ts";
import type { Session } from "./session.ts";

export const canceled = () =>
  new CliError({ code: "canceled", message: "Canceled; nothing was changed.", exitCode: exitCodes.interrupted });

/** Asks before what cannot be undone, where a person is there to answer; scripts have decided already. */
export async function confirmed({ terminal, json }: Session, question: string, yes: boolean): Promise<void> {
  if (yes || json || !terminal.isInteractive) return;
  if (!(await terminal.confirm(printable(question)))) throw canceled();
}
