import { isTerminal, type RunStatus } from "@millrace/automation";
import { ApiError, type Client, type Run } from "@millrace/contract";
import { exitCodes } from "../exit-code.ts";
import { openLiveChanges } from "../live-changes.ts";
import { presentSpan } from "../output/moment.ts";
import { printable } from "../output/printable.ts";
import { stepLine } from "../output/run-tree.ts";
import { paintStatus } from "../output/status-mark.ts";
import type { Session } from "../session.ts";

/** A run that waits for a person would be watched forever. */
const isSettled = (status: RunStatus) => isTerminal(status) || status === "needs_review";

/**
 * `millrace runs watch RUN_ID`: a line for each change, until the run ends. With `--json`, one object a line: the
 * changes (`type` is run or step), and at the end the whole run (`type` is end). Ends with 0 only if the run succeeded.
 */
export async function watchRun(session: Session, runId: string): Promise<void> {
  const client = await session.client();
  const tell = storyOf(session);
  let run = await client.runs.get({ runId });
  tell(run);
  if (!isSettled(run.status)) {
    const changes = openLiveChanges(client, runId);
    try {
      while (!isSettled(run.status)) {
        await changes.next();
        run = (await getUnlessAway(client, runId)) ?? run;
        tell(run);
      }
    } finally {
      changes.close();
    }
  }
  finish(session, run);
}

/** A server that restarts under a watcher comes back; the run does not end by it. Any other error ends the watch. */
async function getUnlessAway(client: Client, runId: string): Promise<Run | undefined> {
  try {
    return await client.runs.get({ runId });
  } catch (error) {
    if (error instanceof ApiError && [0, 429, 502, 503, 504].includes(error.status)) return undefined;
    throw error;
  }
}

/** Tells each status of the run and of its steps once. */
function storyOf(session: Session): (run: Run) => void {
  const told = new Map<string, string>();
  const isNews = (path: string, status: string) => {
    if (told.get(path) === status) return false;
    told.set(path, status);
    return true;
  };
  return (run) => {
    for (const step of run.steps) {
      if (!isNews(step.path, step.status)) continue;
      const { path, status, action, failure, startedAt, finishedAt } = step;
      tellLine(session, { type: "step", runId: run.id, path, status, action, failure, startedAt, finishedAt }, () => {
        const why = failure === null ? "" : `\n    ${session.paint("bad", printable(failure.message))}`;
        return `  ${stepLine(step, session.paint)}${why}`;
      });
    }
    if (isSettled(run.status) || !isNews("", `${run.status} ${run.reason}`)) return;
    tellLine(session, { type: "run", runId: run.id, status: run.status, reason: run.reason }, () =>
      `${paintStatus(run.status, session.paint)}  ${printable(run.reason ?? "")}`.trimEnd(),
    );
  };
}

function tellLine(session: Session, value: unknown, human: () => string): void {
  session.line(session.json ? JSON.stringify(value) : human());
}

function finish(session: Session, run: Run): void {
  const { paint } = session;
  const span = presentSpan(run.startedAt, run.finishedAt);
  tellLine(session, { type: "end", ...run }, () => {
    const advice =
      run.status === "needs_review" ? `\n  It waits for you: millrace runs retry ${run.id}, or cancel.` : "";
    return `${paintStatus(run.status, paint)}  ${[run.id, span, printable(run.reason ?? "")].filter(Boolean).join("  ")}${advice}`;
  });
  session.exitCode = run.status === "succeeded" ? exitCodes.ok : exitCodes.failure;
}
