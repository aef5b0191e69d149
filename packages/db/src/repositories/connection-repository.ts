import { type Clock, type FailureRecord, newId, systemClock } from "@millrace/base";
import type { Vault } from "@millrace/vault";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { storedText } from "../stored-text.ts";
import { Conflict } from "./conflict.ts";
import { type CredentialInput, describeFields, mergeCredential } from "./connection-fields.ts";
import { type Connection, presentConnection, shownColumns } from "./connection-record.ts";
import { type ConnectionUse, findConnectionUses } from "./connection-use.ts";
import { type ConnectionVaults, vaultFor } from "./connection-vaults.ts";
import { InvalidCursor } from "./invalid-cursor.ts";
import { readJson } from "./json-column.ts";
import { NotFound } from "./not-found.ts";
import { type Page, type PageRequest, pageSize, toPage } from "./page.ts";
import { isUniqueViolation } from "./unique-violation.ts";

type Fields = {
  credential: CredentialInput;
  /** The connector's fields whose values may be shown. Every other one is treated as a secret. */
  plainFields: readonly string[];
};

export type NewConnection = Fields & { workspaceId: string; connectorId: string; name: string };
export type CredentialUpdate = Fields & { workspaceId: string; id: string };
export type CheckOutcome = { status: "ok"; account: string | null } | { status: "failing"; failure: FailureRecord };

type Check = { workspaceId: string; id: string; version: number; outcome: CheckOutcome };

const touchIntervalMs = 60_000;

/** The connections of a workspace. Secrets go in here and never come out: only `createCredentials` opens them. */
export function createConnectionRepository(prisma: PrismaClient, vaults: ConnectionVaults, clock: Clock = systemClock) {
  const find = async (where: Prisma.ConnectionWhereInput): Promise<Connection | undefined> => {
    const row = await prisma.connection.findFirst({ where, select: shownColumns });
    return row ? presentConnection(row) : undefined;
  };

  const get = async (workspaceId: string, id: string): Promise<Connection> => {
    const connection = await find({ id, workspaceId });
    if (!connection) throw new NotFound("connection", id);
    return connection;
  };

  return {
    /** Throws Conflict if the connector has a connection of this name. */
    async create({ workspaceId, connectorId, name, credential, plainFields }: NewConnection): Promise<Connection> {
      const id = newId("connection");
      const vault = vaultFor(vaults, connectorId);
      const sealed = sealColumns(vault, { workspaceId, id, version: 1 }, {}, credential, plainFields);
      const data = { id, workspaceId, connectorId, name: storedText(name), version: 1, ...sealed };
      const row = await orNameConflict(name, prisma.connection.create({ data, select: shownColumns }));
      return presentConnection(row);
    },

    /** By connector, then by name. */
    async list(
      request: PageRequest & { workspaceId: string; connectorId?: string | undefined },
    ): Promise<Page<Connection>> {
      const { workspaceId, connectorId, cursor, limit } = request;
      const size = pageSize(limit);
      const where = { workspaceId, ...(connectorId !== undefined && { connectorId }) };
      const rows = await prisma.connection.findMany({
        where: { ...where, ...(cursor !== undefined && after(cursor)) },
        orderBy: [{ connectorId: "asc" }, { name: "asc" }],
        take: size + 1,
        select: shownColumns,
      });
      return toPage(rows, size, presentConnection, cursorOf);
    },

    get,

    findByName: (workspaceId: string, connectorId: string, name: string): Promise<Connection | undefined> =>
      find({ workspaceId, connectorId, name: storedText(name) }),

    /** Seals the credential anew under the next version. Its health is unknown until it is checked again. */
    async updateCredential(update: CredentialUpdate): Promise<Connection> {
      const { workspaceId, id, credential, plainFields } = update;
      const row = await prisma.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT 1 FROM connections WHERE id = ${id} AND workspace_id = ${workspaceId} FOR UPDATE`;
        const stored = await tx.connection.findFirst({ where: { id, workspaceId } });
        if (!stored) throw new NotFound("connection", id);
        const vault = vaultFor(vaults, stored.connectorId);
        const current = openUnlessReplaced(vault, stored, credential);
        const version = stored.version + 1;
        const sealed = sealColumns(vault, { workspaceId, id, version }, current, credential, plainFields);
        const health = { health: "unknown", healthJson: null, checkedAt: null };
        const data = { ...sealed, ...health, version };
        return tx.connection.update({ where: { id, workspaceId }, data, select: shownColumns });
      });
      return presentConnection(row);
    },

    /** Steps refer to connections by name: see `whereUsed`. Throws NotFound or Conflict. */
    async rename({ workspaceId, id, name }: { workspaceId: string; id: string; name: string }): Promise<void> {
      const renaming = prisma.connection.updateMany({ where: { id, workspaceId }, data: { name: storedText(name) } });
      const { count } = await orNameConflict(name, renaming);
      if (count === 0) throw new NotFound("connection", id);
    },

    /** Deletes the sealed credential with it. */
    async remove(workspaceId: string, id: string): Promise<void> {
      const { count } = await prisma.connection.deleteMany({ where: { id, workspaceId } });
      if (count === 0) throw new NotFound("connection", id);
    },

    /** `version` is the one that was checked: the outcome of an older credential says nothing about the present one. */
    async setHealth(check: Check): Promise<Connection> {
      await storeHealth(prisma, check, clock.now());
      return get(check.workspaceId, check.id);
    },

    /** At most once a minute. */
    async touchLastUsed(workspaceId: string, id: string): Promise<void> {
      await touchConnection(prisma, workspaceId, id, clock.now());
    },

    /** The automations whose draft or published version names this connection. */
    async whereUsed(workspaceId: string, id: string): Promise<ConnectionUse[]> {
      const { connectorId, name } = await get(workspaceId, id);
      return findConnectionUses(prisma, workspaceId, connectorId, name);
    },
  };
}

export type ConnectionRepository = ReturnType<typeof createConnectionRepository>;

export async function touchConnection(prisma: PrismaClient, workspaceId: string, id: string, now: Date): Promise<void> {
  const due = new Date(now.getTime() - touchIntervalMs);
  await prisma.$executeRaw`
    UPDATE connections SET last_used_at = ${now.toISOString()}::timestamptz
    WHERE id = ${id} AND workspace_id = ${workspaceId}
      AND (last_used_at IS NULL OR last_used_at <= ${due.toISOString()}::timestamptz)`;
}

export async function storeHealth(prisma: PrismaClient, check: Check, now: Date): Promise<void> {
  const { workspaceId, id, version, outcome } = check;
  const healthJson = JSON.stringify(outcome.status === "ok" ? { account: outcome.account } : outcome.failure);
  await prisma.connection.updateMany({
    where: { id, workspaceId, version },
    data: { health: outcome.status, healthJson, checkedAt: now },
  });
}

function sealColumns(
  vault: Vault,
  owner: { workspaceId: string; id: string; version: number },
  current: Readonly<Record<string, string>>,
  input: CredentialInput,
  plainFields: readonly string[],
) {
  const credential = mergeCredential(current, input);
  const { workspaceId, id, version } = owner;
  // All fields are sealed, plain ones too: a base URL that was altered in the database must not get the key.
  const sealed = vault.seal({ workspaceId, connectionId: id, version }, credential);
  const fields = describeFields(credential, plainFields, [...Object.keys(current), ...Object.keys(input)]);
  return { sealedJson: JSON.stringify(sealed), fieldsJson: JSON.stringify(fields), kekId: sealed.kekId };
}

type SealedRow = { id: string; workspaceId: string; version: number; sealedJson: string; fieldsJson: string };

/** A credential that is replaced as a whole is not opened, so it can be entered again when its vault key is lost. */
function openUnlessReplaced(vault: Vault, row: SealedRow, input: CredentialInput): Record<string, string> {
  const set = Object.entries(readJson<Connection["fields"]>(row.fieldsJson)).filter(([, field]) => field.isSet);
  if (set.every(([name]) => Object.hasOwn(input, name))) return {};
  const owner = { workspaceId: row.workspaceId, connectionId: row.id, version: row.version };
  return vault.unseal(owner, readJson(row.sealedJson));
}

function cursorOf({ connectorId, name }: { connectorId: string; name: string }): string {
  return Buffer.from(`${connectorId}/${name}`).toString("base64url");
}

function after(cursor: string): Prisma.ConnectionWhereInput {
  const text = Buffer.from(cursor, "base64url").toString();
  const slash = text.indexOf("/");
  if (slash < 1) throw new InvalidCursor();
  const [connectorId, name] = [text.slice(0, slash), text.slice(slash + 1)];
  return { OR: [{ connectorId: { gt: connectorId } }, { connectorId, name: { gt: name } }] };
}

async function orNameConflict<Result>(name: string, writing: PromiseLike<Result>): Promise<Result> {
  try {
    return await writing;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Conflict(`There is a connection "${name}" for this connector already. Choose another name.`, { name });
  }
}
