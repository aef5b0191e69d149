import { ApiError, type Client, type Connection } from "@millrace/contract";
import { usageError } from "../cli-error.ts";
import { canceled } from "../confirmed.ts";
import { type FieldSource, parseFieldSources } from "../field-source.ts";
import { getConnection } from "../find-connection.ts";
import { printable } from "../output/printable.ts";
import type { Session } from "../session.ts";

export type AddOptions = { name: string; fromEnv?: string[]; replace?: boolean };
type Fields = Record<string, string>;

/** `millrace connections add`: secrets come from the environment or a hidden prompt, never from an argument. */
export async function addConnection(session: Session, connector: string, options: AddOptions): Promise<void> {
  const sources = parseFieldSources(options.fromEnv ?? [], session.terminal.env);
  for (const { value } of sources) session.secrets.add(value);
  if (sources.length === 0 && (session.json || !session.terminal.isInteractive)) {
    throw usageError(
      "--from-env is missing.",
      "Example: --from-env ANTHROPIC_API_KEY, or --from-env TOKEN=apiKey to say which field.",
    );
  }
  const client = await session.client();
  const fields =
    sources.length > 0 ? await fromSources(client, connector, sources) : await fromPrompts(session, client, connector);
  const { connection, replaced } = await store(client, connector, fields, options);
  session.show(connection, () => [
    `${session.paint("good", "✓")} ${replaced ? "Replaced" : "Stored"} ${session.paint("strong", printable(connection.name))} for ${connection.connector}.`,
    ...connection.fields
      .filter(({ isSet }) => isSet)
      .map(({ name, hint, value }) => `  ${printable(name)}  ${printable(value ?? hint ?? "set")}`),
    session.paint("faint", `  millrace connections test ${printable(JSON.stringify(connection.name))} tries it.`),
  ]);
}

async function fromSources(client: Client, connector: string, sources: readonly FieldSource[]): Promise<Fields> {
  const fields = new Map<string, string>();
  for (const { field, value } of sources) {
    const name = field ?? (await onlySecretField(client, connector));
    if (fields.has(name))
      throw usageError(`--from-env gives the field ${name} twice.`, "Say which field each is for: VAR=field.");
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

async function onlySecretField(client: Client, connector: string): Promise<string> {
  const specs = await fieldsOf(client, connector);
  const required = specs.filter(({ isRequired }) => isRequired);
  const secrets = required.filter(({ isSecret }) => isSecret);
  const [field] = secrets.length > 0 ? secrets : required;
  if (field && (secrets.length === 1 || required.length === 1)) return field.name;
  const names = specs.map(({ name }) => name).join(", ");
  throw usageError(
    `${connector} has several fields, so --from-env has to say which: VAR=field.`,
    `Its fields are: ${names}`,
  );
}

async function fieldsOf(client: Client, connectorId: string) {
  const { connection } = await client.connectors.get({ connectorId });
  if (connection) return connection.fields;
  throw usageError(`${connectorId} takes no credential, so it needs no connection.`);
}

async function fromPrompts(session: Session, client: Client, connector: string): Promise<Fields> {
  const fields: Fields = {};
  for (const { name, title, isSecret, isRequired, placeholder } of await fieldsOf(client, connector)) {
    const message = `${printable(title)}${isRequired ? "" : " (optional)"}`;
    const hint = placeholder === null ? {} : { placeholder };
    const answer = await session.terminal.ask({ message, isSecret, isRequired, ...hint });
    if (answer === undefined) throw canceled();
    if (isSecret) session.secrets.add(answer);
    if (answer !== "") fields[name] = answer;
  }
  return fields;
}

async function store(
  client: Client,
  connector: string,
  fields: Fields,
  { name, replace }: AddOptions,
): Promise<{ connection: Connection; replaced: boolean }> {
  try {
    return { connection: await client.connections.create({ connector, name, fields }), replaced: false };
  } catch (error) {
    if (!replace || !(error instanceof ApiError) || error.status !== 409) throw error;
    const { id } = await getConnection(client, name, connector);
    return { connection: await client.connections.update({ connectionId: id, fields }), replaced: true };
  }
}
