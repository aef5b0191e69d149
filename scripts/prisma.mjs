// Runs the Prisma CLI, which is no dependency because it weighs 300 MB: `npm run prisma -- validate`.
// `generate` also stamps the client with the schema's hash, so that a test can tell when it is out of date.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const schemaFile = fileURLToPath(new URL("../prisma/schema.prisma", import.meta.url));
const stampFile = fileURLToPath(new URL("../packages/db/src/generated/schema-hash.ts", import.meta.url));
const args = process.argv.slice(2);

const child = spawn("npx", ["--yes", "prisma@7.10.0", ...args], {
  cwd: root,
  stdio: "inherit",
  // Windows finds npx.cmd only through a shell.
  shell: process.platform === "win32",
  env: {
    ...process.env,
    // The CLI wants this file to exist and never runs it for `generate`, `validate` and `format`, which work offline.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: "1",
  },
});

child.on("error", (error) => {
  console.error(`npx could not be started: ${error.message}`);
  process.exitCode = 1;
});
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
  if (code === 0 && args[0] === "generate") stampSchema();
});

function stampSchema() {
  const hash = createHash("sha256").update(readFileSync(schemaFile)).digest("hex");
  writeFileSync(
    stampFile,
    `// Written by scripts/prisma.mjs with the client.\n/** SHA-256 of prisma/schema.prisma as it was when this client was generated. */\nexport const schemaHash = "${hash}";\n`,
  );
}
