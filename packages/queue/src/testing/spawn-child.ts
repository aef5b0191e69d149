import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { QueueConfig } from "../queue-config.ts";

export type TestChild = {
  lines: string[];
  process: ChildProcess;
  kill(): Promise<void>;
  exitCode: Promise<number | null>;
};

let bundled: Promise<string> | undefined;

/** Runs child.ts in a process of its own. Node 20 runs no TypeScript, so it is bundled once for each test file. */
export async function spawnChild(
  task: "hold-ring" | "publish" | "use-everything",
  config: QueueConfig,
): Promise<TestChild> {
  bundled ??= bundle();
  const child = spawn(process.execPath, [await bundled, task, JSON.stringify(config)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const exitCode = once(child, "exit").then(([code]) => (typeof code === "number" ? code : null));
  const kill = async () => {
    child.kill("SIGKILL");
    await exitCode;
  };
  return { lines, process: child, kill, exitCode };
}

async function bundle(): Promise<string> {
  // Inside the repository, so that the bundle finds its packages; one place for each test process, so that none piles up.
  const cache = new URL("../../../../node_modules/.cache/", import.meta.url);
  const outDir = fileURLToPath(new URL(`millrace-queue-child-${process.env.VITEST_POOL_ID ?? "0"}`, cache));
  await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["millrace-source"] },
    ssr: {
      noExternal: [/^@millrace\//],
      resolve: { conditions: ["millrace-source", "node", "import", "module", "default"] },
    },
    build: {
      ssr: fileURLToPath(new URL("./child.ts", import.meta.url)),
      outDir,
      target: "node20",
      rollupOptions: { output: { entryFileNames: "child.mjs" } },
    },
  });
  return join(outDir, "child.mjs");
}
