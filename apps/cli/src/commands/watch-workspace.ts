import type { RunSummary } from "@millrace/contract";
import { openLiveChanges } from "../live-changes.ts";
import { presentSpan } from "../output/moment.ts";
import { printable } from "../output/printable.ts";
import { paintStatus } from "../output/status-mark.ts";
import type { Session } from "../session.ts";

const latest = 100;

/** `millrace runs watch`: a line for each status that any run of the workspace takes, until Ctrl-C. */
export async function watchWorkspace(session: Session): Promise<void> {
  const client = await session.client();
  const told = new Map<string, string>();
  const look = async () => {
    const { items } = await client.runs.list({ limit: latest });
    const news = items.filter((run) => told.get(run.id) !== run.status).reverse();
    // Only what is still on the page can come again.
    told.clear();
    for (const run of items) told.set(run.id, run.status);
    return news;
  };
  await look(); // what happened before is not news
  if (!session.json) session.terminal.err(`${session.paint("faint", "Watching all runs. Ctrl-C ends it.")}\n`);
  const changes = openLiveChanges(client);
  try {
    for (;;) {
      await changes.next();
      for (const run of await look()) session.line(session.json ? JSON.stringify(run) : newsLine(run, session));
    }
  } finally {
    changes.close();
  }
}

function newsLine(run: RunSummary, { paint }: Session): string {
  const facts = [run.id, printable(run.automation.name), presentSpan(run.startedAt, run.finishedAt), run.reason ?? ""];
  return `${paintStatus(run.status, paint)}  ${facts
    .filter((fact) => fact !== "")
    .map(printable)
    .join("  ")}`;
}
