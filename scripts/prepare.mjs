import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./run-command.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const buildStamp = join(root, "node_modules", ".cache", "millrace-build.json");
const quiet = { TURBO_TELEMETRY_DISABLED: "1", CHECKPOINT_DISABLE: "1" };

/** Installs what the lockfile says, if that has not been done since the lockfile changed. */
export async function install() {
  const installed = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  // Not `npm ci`: it refuses a lockfile in which any platform's optional packages are missing.
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline"];
  await must("npm", args, "Installing packages (once, about a minute)");
}

/** Builds every package, the processes and the editor, if any source changed since the last build. */
export async function build() {
  const fingerprint = sourcesFingerprint();
  if (existsSync(buildStamp) && readFileSync(buildStamp, "utf8") === fingerprint) return;
  await must(process.execPath, [join(root, "node_modules", "turbo", "bin", "turbo"), "run", "build"], "Building");
  mkdirSync(dirname(buildStamp), { recursive: true });
  writeFileSync(buildStamp, fingerprint);
}

async function must(command, args, label) {
  const { code, output } = await runCommand(command, args, { cwd: root, env: quiet, label });
  if (code === 0) return;
  console.error(output.trim());
  console.error(`\n${label} failed: the output above says why. The command was: ${command} ${args.join(" ")}`);
  process.exit(1);
}

/** Number, newest change and size of all that a build reads: cheaper than asking the build tool, which takes seconds to say no. */
function sourcesFingerprint() {
  let files = 0;
  let newestMs = 0;
  let bytes = 0;
  const visit = (path) => {
    const entry = statSync(path);
    if (entry.isDirectory()) {
      for (const name of readdirSync(path)) {
        if (name !== "node_modules" && name !== "dist" && !name.startsWith(".turbo")) visit(join(path, name));
      }
      return;
    }
    files++;
    newestMs = Math.max(newestMs, entry.mtimeMs);
    bytes += entry.size;
  };
  for (const name of ["packages", "apps", "package-lock.json", "tsconfig.base.json", "turbo.json"])
    visit(join(root, name));
  return JSON.stringify({ files, newestMs, bytes });
}
