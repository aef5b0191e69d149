import { type Delivery, type DeliverySummary, deliveryVerdicts } from "@millrace/contract";
import { type Command, Option } from "commander";
import { addCommand, wholeNumber } from "../command.ts";
import { getAutomationId } from "../find-automation.ts";
import { listPages } from "../list-pages.ts";
import { presentMoment } from "../output/moment.ts";
import type { Style } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
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
  addCommand(group, "show", "show a delivery with the answer that was sent; --json has the request too")
    .argument("<delivery>", "the delivery's id")
    .action((deliveryId: string) => show(session, deliveryId));
  addCommand(group, "replay", "run the published version on a delivery's request again, as it came")
    .argument("<delivery>", "the delivery's id")
    .action((deliveryId: string) => replay(session, deliveryId));
}

async function show(session: Session, deliveryId: string): Promise<void> {
  const client = await session.client();
  const delivery = await client.deliveries.get({ deliveryId });
  session.show(delivery, () => deliveryLines(delivery, session));
}

function deliveryLines(delivery: Delivery, { terminal, paint }: Session): string[] {
  const { id, verdict, automation, method, sizeBytes, receivedAt, reason, runId } = delivery;
  const received = `received ${presentMoment(receivedAt, terminal.now())}`;
  return [
    `${paint("strong", id)}  ${paint(verdictStyles[verdict], verdict)}`,
    `${printable(automation.name ?? "(deleted)")}, ${printable(method)}, ${sizeBytes} bytes, ${received}`,
    ...(reason === null ? [] : [printable(reason)]),
    ...(runId === null ? [] : [`run ${runId}`]),
    "",
    `answer ${delivery.answerStatus}`,
    ...delivery.answerHeaders.map(({ name, value }) => paint("faint", printable(`${name}: ${value}`))),
    ...(delivery.answerBody === "" ? [] : [printable(delivery.answerBody)]),
  ];
}

async function list(session: Session, { automation, verdict, limit }: ListOptions): Promise<void> {
  const client = await session.client();
  const automationId = automation === undefined ? undefined : await getAutomationId(client, automation);
  const page = await listPages(limit, (query) => client.deliveries.list({ ...query, automationId, verdict }));
  session.show(page, () => (page.items.length === 0 ? "No deliveries." : deliveryTable(page.items, session)));
}

async function replay(session: Session, deliveryId: string): Promise<void> {
  const replayed = await (await session.client()).deliveries.replay({ deliveryId });
  session.show(replayed, () => [
    `${session.paint("good", "✓")} Replayed as ${replayed.runId}`,
    session.paint("faint", `  millrace runs watch ${replayed.runId}`),
  ]);
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
