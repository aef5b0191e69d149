import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export type TestRedis = {
  url: string;
  /** Ends it and deletes its files. */
  stop(): Promise<void>;
  /** SIGKILL: as a crash of the server. Its append-only file stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same files. */
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
};

/** Nodes that were away are believed to be back after 1 s instead of 15. */
const clusterSettings = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];

/** A real redis-server on a free loopback port, set up as Millrace wants it: append-only file on, nothing evicted. */
export async function startTestRedis({ isClusterNode = false } = {}): Promise<TestRedis> {
  if (spawnSync("redis-server", ["--version"]).error) {
    throw new Error(
      "These tests need redis-server. Install it: apt-get install redis-server (macOS: brew install redis).",
    );
  }
  const directory = await mkdtemp(join(tmpdir(), "millrace-redis-"));
  const port = await freePort();
  // The usual port of a node's own bus is 10,000 higher, which may be no port at all.
  const extra = isClusterNode ? [...clusterSettings, "--cluster-port", String(await freePort())] : [];
  let server: ChildProcess | undefined = await launch(directory, port, extra);
  const end = async (signal: NodeJS.Signals) => {
    const ending = server;
    server = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => end("SIGKILL"),
    restart: async () => {
      await end("SIGKILL");
      server = await launch(directory, port, extra);
    },
    pause: () => void server?.kill("SIGSTOP"),
    resume: () => void server?.kill("SIGCONT"),
    stop: async () => {
      await end("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function launch(directory: string, port: number, extra: readonly string[]): Promise<ChildProcess> {
  const settings = ["--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "yes"];
  const server = spawn(
    "redis-server",
    ["--port", String(port), "--maxmemory-policy", "noeviction", ...settings, ...extra],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [server.stdout, server.stderr])
    stream?.on("data", (data) => (output = `${output}${data}`.slice(-4_000)));
  // A test process that dies, however it dies, takes its server along: the pipe closes then.
  const watchdog = spawn("sh", ["-c", 'read -r _; kill -9 "$1"', "sh", String(server.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  server.once("exit", () => watchdog.kill("SIGKILL"));
  // While it loads its files it answers `-LOADING`.
  for (const deadline = Date.now() + 10_000; !(await askRedis(port, "PING")).startsWith("+PONG"); ) {
    await delay(20);
    if (server.exitCode !== null || Date.now() > deadline) {
      server.kill("SIGKILL");
      throw new Error(`redis-server did not start on port ${port}. It said:\n${output}`);
    }
  }
  return server;
}

/** Sends one command, and resolves with the first bytes of the answer in Redis's own form; "" where none came. */
export function askRedis(port: number, command: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () => socket.write(`${command}\r\n`));
    const finish = (answer: string) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => finish(""));
    socket.once("error", () => finish(""));
    socket.once("data", (answer) => finish(answer.toString()));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no free port")),
      );
    });
  });
}
