import { spawn } from "node:child_process";

/**
 * Runs a command and resolves with its exit code and output. With `label`, shows one line of progress while it works
 * and the whole output only if it fails; with `inherit`, it writes to our terminal itself.
 */
export function runCommand(command, args, { cwd, env = {}, label, inherit = false } = {}) {
  const startedAt = Date.now();
  const progress = label && startProgress(label, startedAt);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: inherit ? "inherit" : ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      output += chunk;
    });
    const done = (code) => {
      progress?.(code === 0);
      resolve({ code, output });
    };
    child.on("error", (error) => {
      output += String(error);
      done(127);
    });
    child.on("close", (code, signal) => done(signal ? 130 : code));
  });
}

function startProgress(label, startedAt) {
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  if (!process.stdout.isTTY) {
    console.log(`${label} …`);
    return (succeeded) => console.log(`${label}: ${succeeded ? "done" : "failed"} in ${seconds()}`);
  }
  const timer = setInterval(() => process.stdout.write(`\r${label} … ${seconds()} `), 200);
  return (succeeded) => {
    clearInterval(timer);
    process.stdout.write(`\r${label}: ${succeeded ? "done" : "failed"} in ${seconds()}\n`);
  };
}
