import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../millrace-process.ts";
import { endOnExit } from "./end-on-exit.ts";
import { readText } from "./read-log.ts";
import { endChild } from "./spawn-part.ts";
import { must } from "./until.ts";
import type { WireProxy } from "./wire-proxy.ts";

export type ServerOptions = {
  name: string;
  roles: string;
  port: number;
  directory: string;
  /** Of what a fault may hit; the process knows only these. */
  postgres: WireProxy;
  redis: WireProxy | undefined;
  /** Asked at every start. */
  env: () => Readonly<Record<string, string>>;
};

export type StartOptions = {
  env?: Readonly<Record<string, string>>;
  preload?: "skew-clock" | "block-loop" | "collect-garbage";
};

/** A place where a Millrace process runs, is killed and is started again, on one port and behind one pair of proxies. */
export type ServerProcess = {
  readonly name: string;
  readonly url: string;
  readonly postgres: WireProxy;
  readonly redis: WireProxy | undefined;
  /** Of the process now; throws where there is none. */
  readonly pid: number;
  isRunning(): boolean;
  /** Resolves once it says that it is ready. */
  start(options?: StartOptions): Promise<void>;
  kill(): Promise<void>;
  /** At this very moment, from a callback that cannot wait. */
  killNow(): void;
  /** SIGTERM; the exit code, and SIGKILL after `limitMs`. */
  stop(limitMs?: number): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal's name. */
  ended(): Promise<number | string>;
  output(): string;
  /** What it wrote since the last call. */
  newOutput(): string;
};

/** `FAULTS_ROOT` tests the build of another checkout, such as a release. */
const programRoot = process.env.FAULTS_ROOT ?? root;
const readyLimitMs = 120_000;

export function serverProcess(options: ServerOptions, onDeath: (description: string) => void): ServerProcess {
  const { name, port, postgres, redis } = options;
  const logPath = join(options.directory, `${name}.log`);
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let isEndExpected = false;
  let seenLength = 0;

  function launch({ env = {}, preload }: StartOptions): ChildProcess {
    const home = join(options.directory, `${name}-home`);
    mkdirSync(home, { recursive: true });
    const preloads = preload ? ["--import", new URL(`preload/${preload}.mjs`, import.meta.url).pathname] : [];
    const started = spawn(process.execPath, [...preloads, "scripts/serve.mjs"], {
      cwd: programRoot,
      env: {
        ...{ PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", NO_COLOR: "1", MILLRACE_HOME: home },
        ...{ PORT: String(port), MILLRACE_ROLES: options.roles, EGRESS_ALLOW: "127.0.0.1/32" },
        ...options.env(),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(logPath, { flags: "a" });
    started.stdout?.pipe(log, { end: false });
    started.stderr?.pipe(log, { end: false });
    const forget = endOnExit(started.pid ?? 0);
    isEndExpected = false;
    started.once("exit", (code, signal) => {
      forget();
      if (!isEndExpected) onDeath(`${name} ended with ${signal ?? code}`);
    });
    return started;
  }

  function running(): ChildProcess {
    if (!child || child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} does not run.`);
    return child;
  }

  return {
    name,
    url,
    postgres,
    redis,
    get pid() {
      return running().pid ?? 0;
    },
    isRunning: () => child !== undefined && child.exitCode === null && child.signalCode === null,
    async start(startOptions = {}) {
      const started = launch(startOptions);
      child = started;
      await must(`${name} is ready`, () => started.exitCode !== null || isReady(url), readyLimitMs);
      if (started.exitCode !== null)
        throw new Error(`${name} ended with ${started.exitCode}: ${readText(logPath).slice(-1_000)}`);
    },
    async kill() {
      isEndExpected = true;
      if (child) await endChild(child, "SIGKILL");
    },
    killNow() {
      isEndExpected = true;
      child?.kill("SIGKILL");
    },
    async stop(limitMs = 60_000) {
      isEndExpected = true;
      const ending = running();
      const timer = setTimeout(() => ending.kill("SIGKILL"), limitMs);
      const code = await endChild(ending, "SIGTERM");
      clearTimeout(timer);
      return code;
    },
    signal(signal) {
      isEndExpected ||= signal === "SIGTERM" || signal === "SIGINT" || signal === "SIGKILL";
      running().kill(signal);
    },
    async ended() {
      const ending = child;
      if (!ending) throw new Error(`${name} was never started.`);
      if (ending.exitCode === null && ending.signalCode === null) await once(ending, "exit");
      return ending.exitCode ?? ending.signalCode ?? "unknown";
    },
    output: () => readText(logPath),
    newOutput() {
      const text = readText(logPath);
      const fresh = text.slice(seenLength);
      seenLength = text.length;
      return fresh;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}
