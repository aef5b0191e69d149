import { type Definition, openVerification, signingSecretConnectorId, walkSteps } from "@millrace/automation";
import type { PrismaClient } from "../generated/client.ts";
import { readOptionalJson } from "./json-column.ts";

export type ConnectionUse = { automationId: string; name: string; inDraft: boolean; inPublished: boolean };

type Row = { id: string; name: string; draftJson: string | null; publishedJson: string | null };

/** Searches the definitions' text first, so that only those that hold the name are read. */
export async function findConnectionUses(
  prisma: PrismaClient,
  workspaceId: string,
  connectorId: string,
  name: string,
): Promise<ConnectionUse[]> {
  // A step says `"connection":"name"`; a trigger's verification names its secrets alone or in a list.
  const isSecret = connectorId === signingSecretConnectorId;
  const needle = isSecret ? JSON.stringify(name) : JSON.stringify({ connection: name }).slice(1, -1);
  const rows = await prisma.$queryRaw<Row[]>`
    SELECT * FROM (
      SELECT a.id, a.name,
             CASE WHEN strpos(a.draft_json, ${needle}) > 0 THEN a.draft_json END AS "draftJson",
             CASE WHEN strpos(v.definition_json, ${needle}) > 0 THEN v.definition_json END AS "publishedJson"
      FROM automations a
      LEFT JOIN versions v ON v.id = a.published_version_id AND v.workspace_id = a.workspace_id
      WHERE a.workspace_id = ${workspaceId} AND a.deleted_at IS NULL
    ) found
    WHERE "draftJson" IS NOT NULL OR "publishedJson" IS NOT NULL
    ORDER BY name, id`;
  return rows
    .map((row) => ({
      automationId: row.id,
      name: row.name,
      inDraft: names(row.draftJson, connectorId, name),
      inPublished: names(row.publishedJson, connectorId, name),
    }))
    .filter((use) => use.inDraft || use.inPublished);
}

function names(definitionJson: string | null, connectorId: string, name: string): boolean {
  const definition = readOptionalJson<Definition>(definitionJson);
  if (!definition) return false;
  if (connectorId === signingSecretConnectorId) return namesSecret(definition, name);
  for (const { step } of walkSteps(definition.steps)) {
    if ("action" in step && step.connection === name && step.action.startsWith(`${connectorId}.`)) return true;
  }
  return false;
}

function namesSecret({ trigger }: Definition, name: string): boolean {
  if (trigger.type !== "webhook" || !trigger.verify) return false;
  const { secretNames, verifyTokenName } = openVerification(trigger.verify);
  return secretNames.includes(name) || verifyTokenName === name;
}
