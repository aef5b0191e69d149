// Everything that CI runs except the slow suites.
import "./node-version.mjs";

const { install, build, root } = await import("./prepare.mjs");
const { runCommand } = await import("./run-command.mjs");
await install();
await build();
const steps = [
  ["Format and lint", "npx", ["biome", "check", "--error-on-warnings", "."]],
  ["Types", "npx", ["tsc", "--noEmit", "-p", "tsconfig.json"]],
  ["Layers", process.execPath, ["scripts/layers.mjs"]],
  ["Dead code", "npx", ["knip"]],
  ["Unit tests", "npx", ["vitest", "run", "--project", "unit", "--project", "editor"]],
];
for (const [label, command, args] of steps) {
  const { code, output } = await runCommand(command, args, { cwd: root, label });
  if (code !== 0) {
    console.error(output.trim());
    process.exit(1);
  }
}
