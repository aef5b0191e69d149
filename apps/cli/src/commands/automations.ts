import type { AutomationSummary } from "@millrace/contract";
import type { Command } from "commander";
import { addCommand } from "../command.ts";
import { confirmed } from "../confirmed.ts";
import { getAutomationId } from "../find-automation.ts";
import { listEvery } from "../list-pages.ts";
import { presentMoment } from "../output/moment.ts";
import { printable } from "../output/printable.ts";
import { statusCell } from "../output/status-mark.ts";
import { type Cell, type Column, table } from "../output/table.ts";
import type { Session } from "../session.ts";
import { pullAutomation } from "./pull-automation.ts";
import { pushAutomation } from "./push-automation.ts";

export function addAutomations(program: Command, session: Session): void {
  const group = program.command("automations").description("automations and their definitions");
  addCommand(group, "list", "list automations, last changed first").action(() => list(session));
  addCommand(group, "push", "save a definition under its name, creating the automation where there is none")
    .argument("<file>", "YAML or JSON; - reads standard input")
    .option("--publish", "publish it as well; nothing is saved unless it can be published")
    .action((file: string, { publish }: { publish?: boolean }) => pushAutomation(session, file, publish === true));
  addCommand(group, "pull", "print an automation's draft as YAML")
    .argument("<automation>", "name or id")
    .option("-o, --output <file>", "write it to a file")
    .action((automation: string, { output }: { output?: string }) => pullAutomation(session, automation, output));
  addCommand(group, "publish", "publish an automation's draft as a new version")
    .argument("<automation>", "name or id")
    .action((automation: string) => publish(session, automation));
  addCommand(group, "delete", "delete an automation; its runs stay visible")
    .argument("<automation>", "name or id")
    .option("-y, --yes", "do not ask")
    .action((automation: string, { yes }: { yes?: boolean }) => remove(session, automation, yes === true));
}

const columns: Column[] = [
  { title: "AUTOMATION" },
  { title: "NAME", mayShrink: true },
  { title: "TRIGGER" },
  { title: "PUBLISHED" },
  { title: "LAST RUN" },
  { title: "CHANGED" },
];

async function list(session: Session): Promise<void> {
  const client = await session.client();
  const items = await listEvery((query) => client.automations.list(query));
  session.show({ items, nextCursor: null }, () =>
    items.length === 0
      ? "No automations. millrace automations push FILE.yaml creates one."
      : automationTable(items, session),
  );
}

function automationTable(items: readonly AutomationSummary[], { terminal, paint }: Session): string[] {
  const rows = items.map((item): Cell[] => [
    item.id,
    item.name,
    item.enabled ? item.triggerType : { text: `${item.triggerType} (off)`, style: "warn" },
    publishedCell(item),
    item.lastRun === null ? { text: "never", style: "faint" } : statusCell(item.lastRun.status),
    presentMoment(item.updatedAt, terminal.now()),
  ]);
  return table(columns, rows, paint, terminal.width);
}

function publishedCell({ publishedNumber, hasUnpublishedChanges }: AutomationSummary): Cell {
  if (publishedNumber === null) return { text: "draft", style: "warn" };
  return hasUnpublishedChanges ? { text: `v${publishedNumber}, changed since`, style: "warn" } : `v${publishedNumber}`;
}

async function publish(session: Session, nameOrId: string): Promise<void> {
  const client = await session.client();
  const automationId = await getAutomationId(client, nameOrId);
  const version = await client.automations.publish({ automationId });
  const published = { automationId, versionId: version.id, version: version.number, publishedAt: version.publishedAt };
  session.show(published, () => `${session.paint("good", "✓")} Published as version ${version.number}.`);
}

async function remove(session: Session, nameOrId: string, yes: boolean): Promise<void> {
  const client = await session.client();
  const automationId = await getAutomationId(client, nameOrId);
  await confirmed(session, `Delete the automation ${nameOrId}? Its webhook URL stops working.`, yes);
  await client.automations.delete({ automationId });
  session.show({ id: automationId, deleted: true }, () => `Deleted ${printable(nameOrId)}.`);
}
