import type { ConnectionSummary } from "@millrace/contract";
import type { Command } from "commander";
import { addCommand, collected } from "../command.ts";
import { confirmed } from "../confirmed.ts";
import { exitCodes } from "../exit-code.ts";
import { getConnection } from "../find-connection.ts";
import { listEvery } from "../list-pages.ts";
import { presentMoment } from "../output/moment.ts";
import type { Style } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { type Cell, type Column, table } from "../output/table.ts";
import type { Session } from "../session.ts";
import { type AddOptions, addConnection } from "./add-connection.ts";

type NamedOptions = { connector?: string };

export function addConnections(program: Command, session: Session): void {
  const group = program.command("connections").description("credentials in the keyvault");
  addCommand(group, "list", "list connections, without their secrets").action(() => list(session));
  addCommand(group, "add", "store a credential; on a terminal, asks for what is not given")
    .argument("<connector>", "such as anthropic")
    .requiredOption("--name <name>", "the name that steps use")
    .option("--from-env <variable[=field]>", "take a field from an environment variable, repeatable", collected)
    .option("--replace", "if there is one with this name, replace its fields")
    .action((connector: string, options: AddOptions) => addConnection(session, connector, options));
  addCommand(group, "test", "try a stored credential")
    .argument("<name>")
    .option("--connector <connector>", "where two connectors have a connection of this name")
    .action((name: string, options: NamedOptions) => test(session, name, options));
  addCommand(group, "remove", "forget a credential")
    .argument("<name>")
    .option("--connector <connector>", "where two connectors have a connection of this name")
    .option("--force", "although automations use it")
    .option("-y, --yes", "do not ask")
    .action((name: string, options: NamedOptions & { force?: boolean; yes?: boolean }) =>
      remove(session, name, options),
    );
}

const columns: Column[] = [
  { title: "NAME" },
  { title: "CONNECTOR" },
  { title: "HEALTH" },
  { title: "ACCOUNT", mayShrink: true },
  { title: "CHECKED" },
  { title: "LAST USED" },
];
const healthStyles: Record<ConnectionSummary["health"], Style> = { ok: "good", failing: "bad", unknown: "faint" };

async function list(session: Session): Promise<void> {
  const client = await session.client();
  const items = await listEvery((query) => client.connections.list(query));
  session.show({ items, nextCursor: null }, () => {
    if (items.length === 0) return "No connections. millrace connections add CONNECTOR --name NAME stores one.";
    const now = session.terminal.now();
    const rows = items.map((item): Cell[] => [
      item.name,
      item.connector,
      { text: item.health, style: healthStyles[item.health] },
      item.account ?? "",
      presentMoment(item.checkedAt, now),
      presentMoment(item.lastUsedAt, now),
    ]);
    return table(columns, rows, session.paint, session.terminal.width);
  });
}

async function test(session: Session, name: string, { connector }: NamedOptions): Promise<void> {
  const client = await session.client();
  const connection = await getConnection(client, name, connector);
  const result = await client.connections.test({ connectionId: connection.id });
  session.exitCode = result.ok ? exitCodes.ok : exitCodes.failure;
  session.show({ id: connection.id, name: connection.name, ...result }, () => {
    const { paint } = session;
    if (result.ok)
      return `${paint("good", "✓")} ${printable(connection.name)} works${result.account ? `: ${printable(result.account)}` : "."}`;
    const { message, advice, code } = result.failure;
    return [
      `${paint("bad", "✗")} ${printable(message)} ${paint("faint", `(${code})`)}`,
      ...(advice === undefined ? [] : [`  ${printable(advice)}`]),
    ];
  });
}

async function remove(
  session: Session,
  name: string,
  { connector, force, yes }: NamedOptions & { force?: boolean; yes?: boolean },
): Promise<void> {
  const client = await session.client();
  const { id, name: found } = await getConnection(client, name, connector);
  await confirmed(session, `Forget the credential ${found}? It cannot be brought back.`, yes === true);
  await client.connections.delete({ connectionId: id, force: force ? "true" : "false" });
  session.show({ id, name: found, deleted: true }, () => `Removed ${printable(found)}.`);
}
