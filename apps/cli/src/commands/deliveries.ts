import { type DeliverySummary, deliveryVerdicts } from "@millrace/contract";
import { type Command, Option } from "commander";
import { addCommand, wholeNumber } from "../command.ts";
import { getAutomationId } from "../find-automation.ts";
import { listPages } from "../list-pages.ts";
import { presentMoment } from "../output/moment.ts";
import type { Style } from "../output/paint.ts";
import { type Cell, type Column, table } from "../output/table.ts";
import type { Session } from "../session.ts";

type ListOptions = { automation?: string; verdict?: DeliverySummary["verdict"]; limit: number };

const verdictStyles: Record<DeliverySummary["verdict"], Style> = {
  accepted: "good",
  duplicate: "faint",
  filtered: "faint",
  rejected: "bad",
  handshake: "faint",
};

export function addDeliveries(program: Command, session: Session): void {
  const group = program.command("deliveries").description("requests that reached the webhook URLs");
  addCommand(group, "list", "list deliveries, newest first")
    .option("--automation <name or id>", "only of this automation")
    .addOption(new Option("--verdict <verdict>", "only with this verdict").choices(deliveryVerdicts))
    .option("--limit <number>", "how many", wholeNumber("--limit", 1, 1_000), 20)
    .action((options: ListOptions) => list(session, options));
}

async function list(session: Session, { automation, verdict, limit }: ListOptions): Promise<void> {
  const client = await session.client();
  const automationId = automation === undefined ? undefined : await getAutomationId(client, automation);
  const page = await listPages(limit, (query) => client.deliveries.list({ ...query, automationId, verdict }));
  session.show(page, () => (page.items.length === 0 ? "No deliveries." : deliveryTable(page.items, session)));
}

const columns: Column[] = [
  { title: "DELIVERY" },
  { title: "VERDICT" },
  { title: "ANSWER", align: "right" },
  { title: "BYTES", align: "right" },
  { title: "RECEIVED" },
  { title: "RUN" },
  { title: "AUTOMATION", mayShrink: true },
  { title: "REASON", mayShrink: true },
];

function deliveryTable(items: readonly DeliverySummary[], { terminal, paint }: Session): string[] {
  const rows = items.map((item): Cell[] => [
    item.id,
    { text: item.verdict, style: verdictStyles[item.verdict] },
    String(item.answerStatus),
    String(item.sizeBytes),
    presentMoment(item.receivedAt, terminal.now()),
    item.runId ?? "–",
    item.automation.name ?? "(deleted)",
    item.reason ?? "",
  ]);
  return table(columns, rows, paint, terminal.width);
}
