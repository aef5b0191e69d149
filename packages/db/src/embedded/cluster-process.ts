import { execFile, spawn } from "node:child_process";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { childEnvironment } from "./child-environment.ts";
import type { ClusterAccess } from "./cluster-access.ts";
import { type ClusterSettings, clusterArguments } from "./cluster-settings.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { askServer, findPostmaster, isProcessAlive, isServerOf, type Postmaster } from "./postmaster.ts";
import type { SystemUser } from "./system-user.ts";

const run = promisify(execFile);

/** Everything that stays the same from one start of the server to the next. */
export type Cluster = {
  data: string;
  logFile: string;
  binaries: PostgresBinaries;
  user: SystemUser | undefined;
  settings: ClusterSettings;
};

const pollMs = 25;
/** After a crash the server replays its log first, which can take minutes. */
const startLimitMs = 10 * 60_000;
const stopLimitMs = 60_000;
const logLimitBytes = 10 * 1024 * 1024;

/** Starts the server and resolves once it takes connections. */
export async function startServer(cluster: Cluster, access: ClusterAccess): Promise<Postmaster> {
  const log = await openLog(cluster.logFile);
  try {
    const logStart = (await log.stat()).size;
    const child = spawn(
      cluster.binaries.postgres,
      ["-D", cluster.data, "-p", String(access.port), ...clusterArguments(cluster.settings)],
      {
        ...cluster.user,
        cwd: dirname(cluster.data),
        env: childEnvironment(),
        stdio: ["ignore", log.fd, log.fd],
        // A process group of its own: Ctrl-C in the terminal ends us first, and we then end it in order.
        detached: process.platform !== "win32",
        windowsHide: true,
      },
    );
    child.unref();
    let end: string | undefined;
    child.once("error", (error) => {
      end = error.message;
    });
    child.once("exit", (code, signal) => {
      end = `it exited with ${signal ?? `code ${code}`}`;
    });
    const deadline = Date.now() + startLimitMs;
    while (end === undefined && Date.now() < deadline) {
      if (child.pid !== undefined && (await askServer(access, cluster.data)) === "ready") {
        // Not necessarily our child: two processes may have started one at the same moment.
        const postmaster = await findPostmaster(cluster.data);
        if (postmaster?.pid === child.pid) return postmaster;
      }
      await delay(pollMs);
    }
    const detail = await readFrom(cluster.logFile, logStart);
    throw new EmbeddedPostgresError(`PostgreSQL did not start: ${end ?? "it takes too long"}. ${detail}`.trim());
  } finally {
    await log.close();
  }
}

/** A server that already runs on this data, once it is ready. Removes what a dead one left behind. */
export async function findRunningServer(cluster: Cluster, access: ClusterAccess): Promise<Postmaster | undefined> {
  const deadline = Date.now() + startLimitMs;
  while (Date.now() < deadline) {
    const postmaster = await findPostmaster(cluster.data);
    if (postmaster === undefined) return undefined;
    if (!(await isServerOf(postmaster.pid, cluster.data))) {
      await rm(join(cluster.data, "postmaster.pid"), { force: true });
      return undefined;
    }
    const answer = await askServer({ ...access, port: postmaster.port }, cluster.data);
    if (answer === "ready") return postmaster;
    if (answer === "foreign") {
      throw new EmbeddedPostgresError(
        `A PostgreSQL server (process ${postmaster.pid}) runs on ${cluster.data} but refuses the password of postgres.json. ` +
          "Restore postgres.json from a backup, or stop that server.",
      );
    }
    // Starting up, or on its way out.
    await delay(pollMs);
  }
  throw new EmbeddedPostgresError(
    `The PostgreSQL server on ${cluster.data} does not become ready; see ${cluster.logFile}.`,
  );
}

/** A fast shutdown: sessions are cut off, committed data is safe. */
export async function stopServer(cluster: Cluster, pid: number): Promise<void> {
  if (process.platform === "win32") {
    await run(cluster.binaries.pgCtl, ["stop", "-D", cluster.data, "-m", "fast", "-w"]);
    return;
  }
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    if (!(await isServerOf(pid, cluster.data))) return;
    process.kill(pid, signal);
    const deadline = Date.now() + stopLimitMs;
    while (Date.now() < deadline) {
      if (!(await isProcessAlive(pid))) return;
      await delay(pollMs);
    }
  }
  throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) does not stop; see ${cluster.logFile}.`);
}

async function openLog(file: string): Promise<FileHandle> {
  await mkdir(dirname(file), { recursive: true });
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && found.size > logLimitBytes) await rename(file, `${file}.1`);
  return open(file, "a", 0o600);
}

async function readFrom(file: string, position: number): Promise<string> {
  const handle = await open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, position);
    return buffer.toString("utf8", 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}
