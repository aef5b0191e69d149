import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** A Node program for tests that starts the embedded PostgreSQL and waits; it has to be a process that can be killed. */
export type SupervisorProgram = {
  start(home: string, user?: { uid: number; gid: number }): Promise<RunningSupervisor>;
  remove(): Promise<void>;
};

export type RunningSupervisor = { url: string; serverPid: number; process: ChildProcess };

const nodeModules = fileURLToPath(new URL("../../../../node_modules", import.meta.url));
const entry = fileURLToPath(new URL("./start-embedded-postgres.ts", import.meta.url));

const program = `
import { startEmbeddedPostgres } from ${JSON.stringify(entry)};
const { url, pid } = await startEmbeddedPostgres({ home: process.argv[2], log() {}, settings: { fsync: "off" } });
process.on("SIGINT", () => {});
console.log(JSON.stringify({ url, serverPid: pid }));
setInterval(() => {}, 60_000);
`;

/** Inside node_modules, where it finds the packages that it imports. */
export async function buildSupervisorProgram(): Promise<SupervisorProgram> {
  const directory = await mkdtemp(join(nodeModules, ".supervisor-"));
  // Another user runs it too.
  await chmod(directory, 0o755);
  await writeFile(join(directory, "entry.mjs"), program);
  await build({
    configFile: false,
    logLevel: "silent",
    root: directory,
    build: { ssr: join(directory, "entry.mjs"), outDir: join(directory, "out"), target: "node20" },
  });
  return {
    start: (home, user) => start(join(directory, "out", "entry.js"), home, user),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function start(file: string, home: string, user?: { uid: number; gid: number }): Promise<RunningSupervisor> {
  const child = spawn(process.execPath, [file, home], {
    ...user,
    cwd: "/",
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout ?? process.stdin }).once("line", (line) =>
      resolve({ ...JSON.parse(line), process: child }),
    );
    child.once("exit", (code) => reject(new Error(`The supervisor ended with ${code}: ${complaint}`)));
  });
}
