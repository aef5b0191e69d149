import { execFile } from "node:child_process";
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type ClusterAccess, clusterUrl } from "./cluster-access.ts";

const run = promisify(execFile);

export type Postmaster = { pid: number; port: number };

/** What a server wrote about itself when it started; the file outlives a crash, so its process may be gone. */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => undefined);
  const lines = text?.split("\n") ?? [];
  const pid = Number.parseInt(lines[0] ?? "", 10);
  const port = Number.parseInt(lines[3] ?? "", 10);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number.isInteger(port) ? port : 0 } : undefined;
}

export async function isProcessAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // An orphan that nobody reaps keeps its pid after its end (containers without an init process).
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat === undefined || !/\) [ZX] /.test(stat);
}

/** Whether the process with this pid is a server of this very data: after a reboot the pid may be anyone's. */
export async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (!(await isProcessAlive(pid))) return false;
  if (process.platform === "win32") return true;
  const command =
    (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined)) ??
    (await run("ps", ["-o", "command=", "-p", String(pid)]).then(
      ({ stdout }) => stdout,
      () => "",
    ));
  return command.includes("postgres") && (command.includes(data) || command.includes(await realpath(data)));
}

/** `ready` only if the server that answers holds this data; anyone may listen on a port that was ours. */
export async function askServer(access: ClusterAccess, data: string): Promise<"ready" | "not_ready" | "foreign"> {
  const client = new pg.Client({ connectionString: clusterUrl(access, "postgres"), connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ directory: string }>("SELECT current_setting('data_directory') AS directory");
    return rows[0]?.directory === data || rows[0]?.directory === (await realpath(data)) ? "ready" : "foreign";
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return code.startsWith("28") ? "foreign" : "not_ready";
  } finally {
    await client.end().catch(() => undefined);
  }
}
