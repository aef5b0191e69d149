import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";

const run = promisify(execFile);

export type SystemUser = { uid: number; gid: number };

const accountName = "postgres";

/** PostgreSQL refuses to run as root. Undefined where we are not root: then it runs as we do. */
export async function userForPostgres(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await findUser();
  if (existing !== undefined) return existing;
  try {
    await run("groupadd", ["--system", "--force", accountName]);
    await run("useradd", ["--system", "--gid", accountName, "--no-create-home", "--shell", "/bin/false", accountName]);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and the system user "${accountName}" that it would run as could not be created. ` +
        "Create it, start Millrace as an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own.",
      { cause },
    );
  }
  const created = await findUser();
  if (created === undefined)
    throw new EmbeddedPostgresError(`The system user "${accountName}" was created but is not found.`);
  return created;
}

async function findUser(): Promise<SystemUser | undefined> {
  try {
    const [user, group] = await Promise.all([run("id", ["-u", accountName]), run("id", ["-g", accountName])]);
    return { uid: Number(user.stdout.trim()), gid: Number(group.stdout.trim()) };
  } catch {
    return undefined;
  }
}

/** Whether `user` may enter this directory and all above it, as far as they exist. Without a user: yes, it is us. */
export async function canReach(user: SystemUser | undefined, directory: string): Promise<boolean> {
  if (user === undefined) return true;
  for (let current = resolve(directory); ; current = dirname(current)) {
    const stats = await stat(current).catch(() => undefined);
    if (stats !== undefined) {
      const bit = stats.uid === user.uid ? 0o100 : stats.gid === user.gid ? 0o010 : 0o001;
      if ((stats.mode & bit) === 0) return false;
    }
    if (current === dirname(current)) return true;
  }
}
