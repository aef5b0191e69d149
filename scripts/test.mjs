// `npm test`: installs what the tests need where it is missing, then runs every suite.
import "./node-version.mjs";
import { existsSync } from "node:fs";

const { install, build, root } = await import("./prepare.mjs");
const { runCommand } = await import("./run-command.mjs");

const needed = [
  {
    name: "Redis",
    apt: "redis-server",
    paths: ["/usr/bin/redis-server", "/usr/local/bin/redis-server", "/opt/homebrew/bin/redis-server"],
  },
  {
    name: "Chromium",
    apt: "chromium",
    paths: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  },
];

await installSystemPackages();
await install();
await build();
for (const [label, command, args] of [
  ["Format and lint", "npx", ["biome", "check", "--error-on-warnings", "."]],
  ["Types", "npx", ["tsc", "--noEmit", "-p", "tsconfig.json"]],
  ["Layers", process.execPath, ["scripts/layers.mjs"]],
  ["Dead code", "npx", ["knip"]],
]) {
  const { code, output } = await runCommand(command, args, { cwd: root, label });
  if (code !== 0) fail(output);
}
const { code } = await runCommand("npx", ["vitest", "run", ...process.argv.slice(2)], { cwd: root, inherit: true });
process.exit(code);

async function installSystemPackages() {
  const missing = needed.filter(({ paths }) => !paths.some((path) => existsSync(path)));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(" and ");
  const packages = missing.map(({ apt }) => apt);
  const byHand = `The tests need ${names}. Install ${missing.length === 1 ? "it" : "them"}, for example: sudo apt-get install -y ${packages.join(" ")}`;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) fail(byHand);
  // A package's own service would take the usual port and outlive the tests; they start their own.
  const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  for (const [label, args] of [
    ["Reading the package lists", ["update"]],
    [`Installing ${names}`, ["install", "-y", "--no-install-recommends", ...packages]],
  ]) {
    const { code, output } = await runCommand("apt-get", args, { env, label });
    if (code !== 0) fail(`${output.trim()}\n\n${byHand}`);
  }
}

function fail(message) {
  console.error(message.trim());
  process.exit(1);
}
