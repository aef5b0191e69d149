import { Command } from "commander";
import { addAutomations } from "./commands/automations.ts";
import { addConnections } from "./commands/connections.ts";
import { addDeliveries } from "./commands/deliveries.ts";
import { addKeyValue } from "./commands/key-value.ts";
import { addKeys } from "./commands/keys.ts";
import { addOpenApi } from "./commands/open-api.ts";
import { addRuns } from "./commands/runs.ts";
import { addUp } from "./commands/up.ts";
import type { Session } from "./session.ts";

const environmentHelp = `
Environment:
  MILLRACE_URL      where the server is (http://127.0.0.1:4400)
  MILLRACE_API_KEY  an API key; on the server's own machine the key of its first start is found without it
  MILLRACE_HOME     where that server keeps its data (.millrace)
  NO_COLOR          any value: no colors

Exit codes:
  0 ok, 1 failure, 2 wrong arguments, 3 server not reachable, 4 not authorized, 130 canceled`;

export function createProgram(session: Session): Command {
  const program = new Command("millrace")
    .description("Webhooks in, work done, nothing lost, nothing hidden.")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: session.terminal.out,
      writeErr: session.terminal.err,
      outputError: () => {}, // runCli reports errors, once and in one form
      ...(Number.isFinite(session.terminal.width) ? { getOutHelpWidth: () => session.terminal.width } : {}),
    })
    .addHelpText("after", environmentHelp);
  addUp(program, session);
  addAutomations(program, session);
  addRuns(program, session);
  addKeyValue(program, session);
  addConnections(program, session);
  addDeliveries(program, session);
  addKeys(program, session);
  addOpenApi(program, session);
  return program;
}
