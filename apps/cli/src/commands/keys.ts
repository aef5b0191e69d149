import { nearestName } from "@millrace/automation";
import { type ApiKey, scopes } from "@millrace/contract";
import type { Command } from "commander";
import { usageError } from "../cli-error.ts";
import { addCommand, wholeNumber } from "../command.ts";
import { confirmed } from "../confirmed.ts";
import { notFound } from "../find-automation.ts";
import { listEvery } from "../list-pages.ts";
import { presentMoment } from "../output/moment.ts";
import { type Cell, type Column, table } from "../output/table.ts";
import type { Session } from "../session.ts";

const grants = ["all", ...scopes] as const;
type Grant = (typeof grants)[number];
type CreateOptions = { scope?: Grant[]; expiresInDays?: number };

export function addKeys(program: Command, session: Session): void {
  const group = program.command("keys").description("API keys");
  addCommand(group, "list", "list API keys, without their secrets").action(() => list(session));
  addCommand(group, "create", "create an API key; it is shown this once")
    .argument("<name>")
    .option("--scope <scope>", "what the key may do, repeatable; all: whatever your own key may", collectedScopes)
    .option("--expires-in-days <days>", "absent: it does not expire", wholeNumber("--expires-in-days", 1, 3_650))
    .action((name: string, options: CreateOptions) => create(session, name, options));
  addCommand(group, "revoke", "revoke an API key, by name or id")
    .argument("<key>")
    .option("-y, --yes", "do not ask")
    .action((key: string, { yes }: { yes?: boolean }) => revoke(session, key, yes === true));
}

function collectedScopes(text: string, earlier: Grant[] = []): Grant[] {
  const given = text.split(",").map((name) => {
    const grant = grants.find((each) => each === name.trim());
    if (grant) return grant;
    const nearest = nearestName(name, grants);
    throw usageError(
      `There is no such scope.${nearest ? ` Did you mean ${nearest}?` : ""}`,
      `There are: ${grants.join(" ")}`,
    );
  });
  return [...earlier, ...given];
}

const columns: Column[] = [
  { title: "KEY" },
  { title: "NAME", mayShrink: true },
  { title: "BEGINS" },
  { title: "CREATED" },
  { title: "LAST USED" },
  { title: "EXPIRES" },
  { title: "SCOPES", mayShrink: true },
];

async function list(session: Session): Promise<void> {
  const client = await session.client();
  const items = await listEvery((query) => client.apiKeys.list(query));
  session.show({ items, nextCursor: null }, () => (items.length === 0 ? "No API keys." : keyTable(items, session)));
}

function keyTable(items: readonly ApiKey[], { terminal, paint }: Session): string[] {
  const now = terminal.now();
  const rows = items.map((item): Cell[] => [
    item.id,
    item.name,
    item.hint,
    presentMoment(item.createdAt, now),
    item.lastUsedAt === null ? "never" : presentMoment(item.lastUsedAt, now),
    item.revokedAt === null ? presentMoment(item.expiresAt, now) : { text: "revoked", style: "bad" },
    item.scopes.length === scopes.length ? "all" : item.scopes.join(" "),
  ]);
  return table(columns, rows, paint, terminal.width);
}

async function create(session: Session, name: string, { scope, expiresInDays }: CreateOptions): Promise<void> {
  if (!scope) throw usageError("--scope is missing.", `Give one or more of: ${grants.join(" ")}`);
  const client = await session.client();
  const wanted = scope.includes("all")
    ? (await client.account.me()).scopes
    : scopes.filter((each) => scope.includes(each));
  const created = await client.apiKeys.create({ name, scopes: wanted, expiresInDays });
  session.show(created, () => [
    created.key,
    session.paint("faint", `Keep it: it is not shown again. Its id is ${created.apiKey.id}.`),
  ]);
}

async function revoke(session: Session, nameOrId: string, yes: boolean): Promise<void> {
  const client = await session.client();
  const keys = await listEvery((query) => client.apiKeys.list(query));
  const named = keys.filter(({ id, name, revokedAt }) => id === nameOrId || (name === nameOrId && revokedAt === null));
  const [key] = named;
  if (!key)
    throw notFound(
      "API key",
      nameOrId,
      keys.map(({ name }) => name),
      "millrace keys list",
    );
  if (named.length > 1) {
    throw usageError(`${named.length} API keys are named ${nameOrId}.`, "Give the id: millrace keys list shows it.");
  }
  await confirmed(session, `Revoke the API key ${key.name}? Whatever uses it stops working.`, yes);
  await client.apiKeys.revoke({ apiKeyId: key.id });
  session.show({ id: key.id, name: key.name, revoked: true }, () => `Revoked ${key.name}.`);
}
