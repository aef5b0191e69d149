import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@millrace/contract";
import { root, until } from "./millrace-process.ts";

/** What every process of one installation shares. */
export type Installation = {
  databaseUrl: string;
  redisUrl?: string;
  /** Sealed with by all of them. */
  vaultKeys: string;
  apiKey: string;
};

export type RoleProcess = {
  url: string;
  pid: number;
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code; null where a signal ended it. */
  exited: Promise<number | null>;
  client: ReturnType<typeof createClient>;
};

export const newInstallation = (databaseUrl: string, redisUrl?: string): Installation => ({
  databaseUrl,
  ...(redisUrl === undefined ? {} : { redisUrl }),
  vaultKeys: `k1:${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}`,
  apiKey: `mlr_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")}`,
});

export type LaunchedRole = Pick<RoleProcess, "output" | "signal" | "exited"> & { ready: Promise<RoleProcess> };

/** Starts the built server as the image does, with these roles; resolves once it is ready. */
export const startRole = (...launch: Parameters<typeof launchRole>): Promise<RoleProcess> =>
  launchRole(...launch).ready;

/** The same, to be watched while it starts; `directory` holds the build. */
export function launchRole(
  roles: string,
  { databaseUrl, redisUrl, vaultKeys, apiKey }: Installation,
  env: Record<string, string> = {},
  directory = root,
): LaunchedRole {
  const home = mkdtempSync(join(tmpdir(), "millrace-role-"));
  const child = spawn(process.execPath, ["scripts/serve.mjs"], {
    cwd: directory,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      PORT: "0",
      MILLRACE_HOME: join(home, "data"),
      MILLRACE_ROLES: roles,
      DATABASE_URL: databaseUrl,
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
      VAULT_KEYS: vaultKeys,
      MILLRACE_API_KEY: apiKey,
      EGRESS_ALLOW: "127.0.0.1/32",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const output = () => text;
  const exited = exitOf(child).finally(() => rmSync(home, { recursive: true, force: true }));
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  const becomeReady = async (): Promise<RoleProcess> => {
    await until(() => /"msg":"ready"/.test(text) || child.exitCode !== null, 90_000, output);
    const url = /"url":"([^"]+)"/.exec(text)?.[1];
    if (url === undefined || child.pid === undefined)
      throw new Error(`The process ended with ${child.exitCode}:\n${text}`);
    return { url, pid: child.pid, output, signal, exited, client: createClient({ baseUrl: url, apiKey }) };
  };
  return { output, signal, exited, ready: becomeReady() };
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}
