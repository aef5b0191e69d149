import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@millrace/contract";
import { onEnd, startProgram } from "../machine/processes.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));

let program = join(root, "scripts", "serve.mjs");

/** For profiles: from now on targets are started from their modules instead of the bundle. */
export function runFromModules() {
  program = join(root, "bench", "targets", "serve-modules.mjs");
}

const apiKey = `mlr_${randomBytes(24).toString("base64url")}`;
const vaultKeys = `k1:${randomBytes(32).toString("base64")}`;

/** The two-step flow: webhook, one HTTP call, one stored value. */
const flow = (sinkUrl, trigger) => ({
  millrace: 1,
  name: "Bench",
  trigger: { type: "webhook", verify: { preset: "none" }, ...trigger },
  steps: [
    {
      id: "call",
      action: "http.request",
      input: {
        method: "POST",
        url: sinkUrl,
        bodyType: "json",
        body: { order: "{{ trigger.body.orderId }}", amount: "{{ trigger.body.amount }}" },
      },
    },
    {
      id: "save",
      action: "keyvalue.set",
      input: { key: "{{ trigger.body.customer }}", value: "{{ steps.call.body }}" },
    },
  ],
});

/**
 * Starts the built server on a database of its own, as `docker compose` does: PostgreSQL and Redis are somebody else's.
 * The flow, with `trigger` besides, is published where this process serves the API. Resolves once it answers.
 */
export async function startMillrace({
  databaseUrl,
  redisUrl,
  roles = "ingress,api,worker",
  sinkUrl,
  trigger,
  env = {},
}) {
  const home = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const removeHome = onEnd(async () => rmSync(home, { recursive: true, force: true }));
  const ready = readyUrl();
  const server = startProgram(program, {
    cwd: root,
    onOutput: ready.read,
    env: {
      PORT: "0",
      MILLRACE_HOME: home,
      DATABASE_URL: databaseUrl,
      ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
      MILLRACE_ROLES: roles,
      VAULT_KEYS: vaultKeys,
      MILLRACE_API_KEY: apiKey,
      EGRESS_ALLOW: "127.0.0.1/32",
      ...env,
    },
  });
  const url = await Promise.race([ready.url, server.ended.then(() => Promise.reject(new Error(server.output())))]);
  const client = createClient({ baseUrl: url, apiKey });
  const hookUrl = roles.includes("api") && sinkUrl ? await publish(client, sinkUrl, trigger) : undefined;
  return {
    url,
    apiKey,
    client,
    hookUrl,
    ask: server.ask,
    output: server.output,
    pid: server.pid,
    async stop() {
      const { code } = await server.end();
      await removeHome();
      if (code !== 0) throw new Error(`Millrace ended with ${code}:\n${server.output()}`);
    },
  };
}

async function publish(client, sinkUrl, trigger) {
  const { webhookUrl } = await client.automations.push({ definition: flow(sinkUrl, trigger), publish: true });
  if (!webhookUrl) throw new Error("The bench's automation could not be published.");
  return webhookUrl;
}

/** The line of the log that says where it listens. */
function readyUrl() {
  let text = "";
  let found;
  const url = new Promise((resolve) => {
    found = resolve;
  });
  return {
    url,
    read(chunk) {
      if (found === undefined) return;
      text += chunk;
      const match = /^\{.*"url":"(http[^"]+)".*"msg":"ready".*$/m.exec(text);
      if (!match) return;
      found(match[1]);
      found = undefined;
    },
  };
}
