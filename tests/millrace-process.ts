import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@millrace/contract";

export const root = fileURLToPath(new URL("..", import.meta.url));

export type MillraceProcess = {
  url: string;
  home: string;
  setupLink: string | undefined;
  /** The curl that the terminal printed. */
  curl: string | undefined;
  output(): string;
  apiKey: string;
  client: ReturnType<typeof createClient>;
  /** As Ctrl-C does. Resolves with the exit code. */
  stop(): Promise<number | null>;
  /** As a power cut of this process only: its PostgreSQL is left behind. */
  kill(): Promise<void>;
};

/** PostgreSQL runs as a user of its own where we are root: it must be able to pass through. */
export function newHome(): string {
  const parent = mkdtempSync(join(tmpdir(), "millrace-test-"));
  chmodSync(parent, 0o711);
  return join(parent, "home");
}

export const removeHome = (home: string): void => rmSync(join(home, ".."), { recursive: true, force: true });

type Environment = Record<string, string>;

/** Of what it says once it is ready: the lines may come one by one. */
const lastLine = "Ctrl-C stops everything.";

/** Starts the built server as `npm start` does, and resolves once it says that it is ready. */
export async function startMillrace(home: string, env: Environment = {}): Promise<MillraceProcess> {
  const { child, output } = spawnMillrace(home, env);
  await until(() => output().includes(lastLine) || child.exitCode !== null, 90_000, output);
  if (child.exitCode !== null) throw new Error(`Millrace ended with ${child.exitCode}:\n${output()}`);
  const url = match(output(), /ready at (\S+)/) ?? "";
  const apiKey = readFileSync(join(home, "cli-key"), "utf8").trim();
  return {
    url,
    home,
    setupLink: match(output(), /(http\S+\/setup\?token=\S+)/),
    curl: match(output(), /(curl -X POST .*)/),
    output,
    apiKey,
    client: createClient({ baseUrl: url, apiKey }),
    stop: () => end(child, "SIGINT"),
    async kill() {
      await end(child, "SIGKILL");
    },
  };
}

/** Runs it until it ends by itself: for starts that must fail. */
export async function failToStart(home: string, env: Environment): Promise<{ code: number | null; output: string }> {
  const { child, output } = spawnMillrace(home, env);
  await until(() => child.exitCode !== null, 60_000, output);
  return { code: child.exitCode, output: output() };
}

function spawnMillrace(home: string, env: Environment): { child: ChildProcess; output(): string } {
  const inherited = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" };
  const child = spawn(process.execPath, ["scripts/serve.mjs"], {
    cwd: root,
    env: { ...inherited, PORT: "0", MILLRACE_HOME: home, EGRESS_ALLOW: "127.0.0.1/32", NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { child, output: () => text };
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.kill(signal);
  });
}

const match = (text: string, pattern: RegExp): string | undefined => pattern.exec(text)?.[1];

/** Polls a condition until it holds; fails with `explain` at the deadline. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  deadlineMs: number,
  explain: () => string = () => "",
): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Still not so after ${deadlineMs} ms. ${explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
