import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { childEnvironment } from "./child-environment.ts";
import { clusterRole } from "./cluster-access.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { canReach, type SystemUser } from "./system-user.ts";

const run = promisify(execFile);

/** Where root keeps what the `postgres` user can't reach below the home: `/root` is closed to everyone else. */
export const systemDirectory = "/var/lib/millrace";

/**
 * The directory of the cluster's data: `<home>/postgres`. Where `user` can't reach it, it is a link to a directory of its
 * own below `systemDirectory`, so that the home still shows where the data is.
 */
export async function placeData(home: string, user: SystemUser | undefined): Promise<string> {
  const place = join(home, "postgres");
  const found = await lstat(place).catch(() => undefined);
  if (found?.isSymbolicLink()) return resolve(home, await readlink(place));
  if (found !== undefined || (await canReach(user, home))) return place;
  const elsewhere = join(systemDirectory, `postgres-${randomBytes(6).toString("hex")}`);
  await mkdir(systemDirectory, { recursive: true, mode: 0o755 });
  try {
    await symlink(elsewhere, place);
    return elsewhere;
  } catch (error) {
    // Another process was here at the same moment.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return placeData(home, user);
    throw error;
  }
}

/** PostgreSQL insists on running as the owner of its data, who may be another than the user we would choose. */
export async function ownerOfData(data: string): Promise<SystemUser | undefined> {
  const found = await stat(data).catch(() => undefined);
  if (found === undefined || process.getuid === undefined) return undefined;
  if (process.getuid() === 0) return found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
  if (found.uid === process.getuid()) return undefined;
  throw new EmbeddedPostgresError(
    `The data in ${data} belongs to another user (uid ${found.uid}). Start Millrace as that user or as root, ` +
      "or set MILLRACE_HOME to another directory.",
  );
}

/** The major version that wrote the data; undefined where there is none yet. */
export async function majorOfData(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, "PG_VERSION"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new EmbeddedPostgresError(`The data in ${data} can't be read: ${error.message}`, { cause: error });
  });
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/** Made under another name and renamed: an interrupted `initdb` leaves nothing that looks like a cluster. */
export async function createCluster(
  data: string,
  {
    binaries,
    user,
    password,
    isDurable,
  }: { binaries: PostgresBinaries; user: SystemUser | undefined; password: string; isDurable: boolean },
): Promise<void> {
  await removeAbandoned(data);
  const draft = `${data}.new-${randomBytes(6).toString("hex")}`;
  const passwordFile = `${draft}.password`;
  await mkdir(draft, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) {
    await chown(draft, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  try {
    await run(
      binaries.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${clusterRole}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        ...(isDurable ? [] : ["--no-sync"]),
      ],
      { ...user, env: childEnvironment(), cwd: dirname(data) },
    );
    await rename(draft, data);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    // Another process that started at the same moment was faster; its cluster is as good.
    if ((await majorOfData(data)) !== undefined) return;
    throw new EmbeddedPostgresError(`The database cluster in ${data} could not be created: ${lastWords(cause)}`, {
      cause,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

const abandonedAfterMs = 10 * 60_000;

async function removeAbandoned(data: string): Promise<void> {
  const parent = dirname(data);
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(`${basename(data)}.new-`)) continue;
    const draft = join(parent, name);
    const found = await stat(draft).catch(() => undefined);
    // A younger one may be another process at work.
    if (found !== undefined && Date.now() - found.mtimeMs > abandonedAfterMs)
      await rm(draft, { recursive: true, force: true });
  }
}

function lastWords(error: unknown): string {
  const stderr =
    error instanceof Error && "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return stderr !== "" ? (stderr.split("\n").at(-1) ?? stderr) : String(error);
}
