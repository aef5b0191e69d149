import { type Json, parseDurationMs } from "@millrace/base";
import type { KeyValueSummary } from "@millrace/contract";
import type { Command } from "commander";
import { usageError } from "../cli-error.ts";
import { addCommand, wholeNumber } from "../command.ts";
import { listPages } from "../list-pages.ts";
import { presentMoment } from "../output/moment.ts";
import { printableLines } from "../output/printable.ts";
import { type Cell, type Column, table } from "../output/table.ts";
import type { Session } from "../session.ts";
import { parseValueArgument } from "../value-argument.ts";

type SetOptions = { expiresIn?: string; text?: boolean };

export function addKeyValue(program: Command, session: Session): void {
  const group = program.command("kv").description("the workspace's key-value store");
  addCommand(group, "get", "print a value: text as it is, anything else as JSON")
    .argument("<key>")
    .action((key: string) => get(session, key));
  addCommand(group, "set", "write a value")
    .argument("<key>")
    .argument("<value>", "JSON where it is JSON, else text; - reads standard input")
    .option("--text", "take the value as text, even if it is JSON")
    .option("--expires-in <duration>", "such as 30s, 5m, 2h or 7d; absent: it stays")
    .action((key: string, value: string, options: SetOptions) => set(session, key, value, options));
  addCommand(group, "list", "list entries by key")
    .argument("[prefix]")
    .option("--limit <number>", "how many", wholeNumber("--limit", 1, 10_000), 100)
    .action((prefix: string | undefined, { limit }: { limit: number }) => list(session, prefix, limit));
  addCommand(group, "delete", "delete an entry")
    .argument("<key>")
    .action((key: string) => remove(session, key));
}

async function get(session: Session, key: string): Promise<void> {
  const entry = await (await session.client()).keyvalue.get({ key });
  session.show(entry, () => {
    const text = typeof entry.value === "string" ? entry.value : JSON.stringify(entry.value, null, 2);
    // A script gets the value exactly; a terminal is not to be steered by it.
    return session.terminal.isTty ? printableLines(text) : text;
  });
}

async function set(session: Session, key: string, argument: string, { expiresIn, text }: SetOptions): Promise<void> {
  if (expiresIn !== undefined && parseDurationMs(expiresIn) === undefined) {
    throw usageError("--expires-in takes a duration such as 30s, 5m, 2h or 7d.");
  }
  const written = argument === "-" ? await session.terminal.readInput() : argument;
  const value: Json = text ? written : parseValueArgument(written);
  const entry = await (await session.client()).keyvalue.put({ key, value, expiresIn });
  session.show(entry, () => {
    const expiry =
      entry.expiresAt === null ? "" : `, expires ${presentMoment(entry.expiresAt, session.terminal.now())}`;
    return `Wrote ${printableLines(entry.key)} (version ${entry.version}${expiry}).`;
  });
}

const columns: Column[] = [
  { title: "KEY" },
  { title: "VERSION", align: "right" },
  { title: "UPDATED" },
  { title: "EXPIRES" },
  { title: "VALUE", mayShrink: true }, // last, so that a long one pads nothing
];

async function list(session: Session, prefix: string | undefined, limit: number): Promise<void> {
  const client = await session.client();
  const page = await listPages(limit, (query) => client.keyvalue.list({ ...query, prefix }));
  session.show(page, () => {
    if (page.items.length === 0) return prefix === undefined ? "No entries." : "No entries with this prefix.";
    const more = page.nextCursor === null ? [] : [session.paint("faint", `… and more: raise --limit above ${limit}.`)];
    return [...entryTable(page.items, session), ...more];
  });
}

function entryTable(items: readonly KeyValueSummary[], { terminal, paint }: Session): string[] {
  const now = terminal.now();
  const rows = items.map((item): Cell[] => [
    item.key,
    String(item.version),
    presentMoment(item.updatedAt, now),
    presentMoment(item.expiresAt, now),
    valueCell(item),
  ]);
  return table(columns, rows, paint, terminal.width);
}

/** The list leaves large values out. */
function valueCell({ value, sizeBytes }: KeyValueSummary): Cell {
  return value === undefined ? { text: `${sizeBytes} bytes`, style: "faint" } : JSON.stringify(value);
}

async function remove(session: Session, key: string): Promise<void> {
  await (await session.client()).keyvalue.delete({ key });
  session.show({ key, deleted: true }, () => `Deleted ${printableLines(key)}.`);
}
