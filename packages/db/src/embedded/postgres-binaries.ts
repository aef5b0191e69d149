import { access, chmod, constants, cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { canReach, type SystemUser } from "./system-user.ts";

export type PostgresBinaries = { initdb: string; postgres: string; pgCtl: string; major: number };

const packagePlatform: Partial<Record<NodeJS.Platform, string>> = {
  win32: "windows",
  darwin: "darwin",
  linux: "linux",
};

/**
 * The binaries that npm installed, where `user` can run them: in place, or else copied below `fallbackDirectory`.
 * Install scripts may have been switched off, so missing library links are made here.
 */
export async function preparePostgresBinaries(
  user: SystemUser | undefined,
  fallbackDirectory: string,
  installed = findPackage(),
): Promise<PostgresBinaries> {
  const { version } = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as { version: string };
  const major = Number.parseInt(version, 10);
  if ((await canReach(user, join(installed, "native", "bin"))) && (await completePackage(installed))) {
    return binariesIn(installed, major);
  }
  const copy = join(fallbackDirectory, `postgres-binaries-${version}`);
  if (!(await exists(copy))) await copyPackage(installed, copy);
  return binariesIn(copy, major);
}

function findPackage(): string {
  const name = `@embedded-postgres/${packagePlatform[platform()] ?? platform()}-${arch()}`;
  const require = createRequire(import.meta.url);
  try {
    // The platform's package belongs to embedded-postgres, so it is looked for from there.
    const entry = createRequire(require.resolve("embedded-postgres")).resolve(name);
    return dirname(dirname(entry));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL for this machine (${name}) is not installed. ` +
        "Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL server of your own.",
      { cause },
    );
  }
}

const executable = process.platform === "win32" ? ".exe" : "";

const binariesIn = (directory: string, major: number): PostgresBinaries => ({
  initdb: join(directory, "native", "bin", `initdb${executable}`),
  postgres: join(directory, "native", "bin", `postgres${executable}`),
  pgCtl: join(directory, "native", "bin", `pg_ctl${executable}`),
  major,
});

/** False where links or modes are missing and the package can't be written. */
async function completePackage(directory: string): Promise<boolean> {
  try {
    await makeLinks(directory);
    await makeExecutable(directory);
    return true;
  } catch (error) {
    if (isErrno(error, "EACCES", "EROFS", "EPERM")) return false;
    throw error;
  }
}

type Link = { source: string; target: string };

async function makeLinks(directory: string): Promise<void> {
  const list = join(directory, "native", "pg-symlinks.json");
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, "utf8")) as Link[];
  for (const { source, target } of links) {
    if (await exists(join(directory, target))) continue;
    try {
      await symlink(source.slice(dirname(source).length + 1), join(directory, target));
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
  }
}

async function makeExecutable(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const bin = join(directory, "native", "bin");
  for (const name of await readdir(bin)) {
    const file = join(bin, name);
    const { mode } = await stat(file);
    if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
  }
}

/** Under another name first: a copy that was interrupted must not look complete. */
async function copyPackage(from: string, to: string): Promise<void> {
  const partial = `${to}.${process.pid}.partial`;
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  await rm(partial, { recursive: true, force: true });
  await cp(from, partial, { recursive: true, verbatimSymlinks: true });
  await chmod(partial, 0o755);
  await makeLinks(partial);
  await makeExecutable(partial);
  try {
    await rename(partial, to);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
}

const isErrno = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
