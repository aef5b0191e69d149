import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Database, withAdvisoryLock } from "@millrace/db";
import { getTemplate } from "./api/templates/templates.ts";
import type { Auth } from "./auth/create-auth.ts";
import { createOwner } from "./auth/create-owner.ts";
import type { Config } from "./config.ts";
import type { Services } from "./services.ts";

const sampleTemplate = "hello-webhook";
const workspaceName = "My workspace";
const draftTemplate = "summarize-with-claude";

export type Sample = { automationId: string; name: string; token: string; body: string };

/**
 * Makes the first start useful: a workspace with a published sample that needs no key, a draft that only lacks its
 * connection, and a key for the command line on this machine. Does nothing where a workspace exists.
 */
export function prepareFirstStart(
  services: Services & { auth: Auth },
  config: Config,
  { pool }: Database,
): Promise<{ workspaceId: string }> {
  // Several processes may start on an empty database at once.
  return withAdvisoryLock(pool, "first start", () => prepare(services, config));
}

async function prepare(services: Services & { auth: Auth }, config: Config): Promise<{ workspaceId: string }> {
  const { items } = await services.workspaces.list({ limit: 1 });
  const workspaceId = items[0]?.id ?? (await createFirstWorkspace(services));
  if (config.owner && (await services.setup.isPending())) {
    const name = config.owner.email.split("@", 1)[0] ?? "Owner";
    await createOwner(services, { ...config.owner, name, workspaceName });
  }
  if (config.apiKey !== undefined) await services.apiKeys.ensure({ workspaceId, plain: config.apiKey });
  if (config.databaseUrl === undefined) await writeCliKey(services, workspaceId, config.home);
  return { workspaceId };
}

async function createFirstWorkspace({ workspaces, automations, versions }: Services): Promise<string> {
  const { id: workspaceId } = await workspaces.create({ name: workspaceName });
  const { automation } = await automations.create({ workspaceId, definition: getTemplate(sampleTemplate).definition });
  await versions.publish({ workspaceId, id: automation.id, publishedBy: null });
  await automations.create({ workspaceId, definition: getTemplate(draftTemplate).definition });
  return workspaceId;
}

/** The command line on this machine reads the file; whoever can read it can read the database beside it anyway. */
async function writeCliKey({ apiKeys }: Services, workspaceId: string, home: string): Promise<void> {
  const path = join(home, "cli-key");
  if (existsSync(path)) return;
  const plain = `mlr_${randomBytes(32).toString("base64url")}`;
  await apiKeys.ensure({ workspaceId, plain });
  writeFileSync(path, `${plain}\n`, { mode: 0o600 });
}

/** The sample's URL for the curl that the terminal prints; undefined once it was renamed, paused or removed. */
export async function findSample(
  { automations, endpoints }: Services,
  workspaceId: string,
): Promise<Sample | undefined> {
  const { definition, sampleBody } = getTemplate(sampleTemplate);
  const automation = await automations.findByName(workspaceId, definition.name);
  if (!automation?.enabled || automation.published === null) return undefined;
  const token = await endpoints.getWebhookToken(workspaceId, automation.id);
  return { automationId: automation.id, name: definition.name, token, body: JSON.stringify(sampleBody) };
}
