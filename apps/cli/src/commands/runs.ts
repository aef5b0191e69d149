import { type RunStatus, runStatuses } from "@millrace/automation";
import type { RunSummary } from "@millrace/contract";
import { type Command, Option } from "commander";
import { addCommand, wholeNumber } from "../command.ts";
import { getAutomationId } from "../find-automation.ts";
import { listPages } from "../list-pages.ts";
import { presentMoment, presentSpan } from "../output/moment.ts";
import { runTree } from "../output/run-tree.ts";
import { statusCell } from "../output/status-mark.ts";
import { type Cell, type Column, table } from "../output/table.ts";
import type { Session } from "../session.ts";
import { watchRun } from "./watch-run.ts";
import { watchWorkspace } from "./watch-workspace.ts";

type ListOptions = { automation?: string; status?: RunStatus; limit: number };

export function addRuns(program: Command, session: Session): void {
  const group = program.command("runs").description("what ran, and what each step did");
  addCommand(group, "list", "list runs, newest first")
    .option("--automation <name or id>", "only of this automation")
    .addOption(new Option("--status <status>", "only with this status").choices(runStatuses))
    .option("--limit <number>", "how many", wholeNumber("--limit", 1, 1_000), 20)
    .action((options: ListOptions) => list(session, options));
  addCommand(group, "show", "show a run with its steps")
    .argument("<run>", "the run's id")
    .option("--full", "do not cut long inputs and outputs")
    .action((runId: string, { full }: { full?: boolean }) => show(session, runId, full === true));
  addCommand(group, "watch", "watch a run until it ends; without an id, all runs until Ctrl-C")
    .argument("[run]", "the run's id")
    .action((runId: string | undefined) => (runId === undefined ? watchWorkspace(session) : watchRun(session, runId)));
  addCommand(group, "retry", "retry a failed or canceled run from the step it ended at")
    .argument("<run>", "the run's id")
    .action((runId: string) => retry(session, runId));
  addCommand(group, "cancel", "end a run that is not finished")
    .argument("<run>", "the run's id")
    .action((runId: string) => cancel(session, runId));
}

const columns: Column[] = [
  { title: "RUN" },
  { title: "STATUS" },
  { title: "QUEUED" },
  { title: "TOOK", align: "right" },
  { title: "AUTOMATION", mayShrink: true },
  { title: "REASON", mayShrink: true },
];

async function list(session: Session, { automation, status, limit }: ListOptions): Promise<void> {
  const client = await session.client();
  const automationId = automation === undefined ? undefined : await getAutomationId(client, automation);
  const page = await listPages(limit, (query) => client.runs.list({ ...query, automationId, status }));
  session.show(page, () => (page.items.length === 0 ? "No runs." : runTable(page.items, session)));
}

function runTable(items: readonly RunSummary[], { terminal, paint }: Session): string[] {
  const rows = items.map((run): Cell[] => [
    run.id,
    statusCell(run.status),
    presentMoment(run.queuedAt, terminal.now()),
    presentSpan(run.startedAt, run.finishedAt),
    run.automation.name,
    run.reason ?? "",
  ]);
  return table(columns, rows, paint, terminal.width);
}

async function show(session: Session, runId: string, full: boolean): Promise<void> {
  const run = await (await session.client()).runs.get({ runId });
  const { terminal, paint } = session;
  const width = full ? Number.POSITIVE_INFINITY : terminal.width;
  session.show(run, () => runTree(run, { paint, width, now: terminal.now() }));
}

async function retry(session: Session, runId: string): Promise<void> {
  const retried = await (await session.client()).runs.retry({ runId });
  session.show(retried, () => [
    `${session.paint("good", "✓")} ${retried.runId === runId ? "Goes on" : "Retried as"} ${retried.runId}`,
    session.paint("faint", `  millrace runs watch ${retried.runId}`),
  ]);
}

async function cancel(session: Session, runId: string): Promise<void> {
  const canceled = await (await session.client()).runs.cancel({ runId });
  session.show(canceled, () => `${session.paint("good", "✓")} Canceled ${canceled.runId}.`);
}
