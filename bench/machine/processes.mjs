import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const running = new Set();
const instrument = new URL("instrument.mjs", import.meta.url).href;

/**
 * Starts a Node program of ours. It ends when we end: programs watch the IPC channel. `firstMessage` is the first thing
 * it says; `ask` sends a command to its instrument (see instrument.mjs) and resolves with the answer.
 */
export function startProgram(file, { args = [], env = {}, cwd, execArgv = [], onOutput = () => {} } = {}) {
  const { PATH = "", HOME = "" } = process.env;
  const path = typeof file === "string" ? file : fileURLToPath(file);
  const child = spawn(process.execPath, ["--import", instrument, ...execArgv, path, ...args], {
    cwd,
    env: { PATH, HOME, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-20_000);
      onOutput(String(chunk));
    });
  }
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  const program = {
    pid: child.pid,
    ended,
    output: () => output,
    ...conversation(child, () => output),
    async end(signal = "SIGINT", graceMs = 15_000) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      const outcome = await ended;
      clearTimeout(timer);
      return outcome;
    },
  };
  running.add(program);
  void ended.then(() => running.delete(program));
  return program;
}

function conversation(child, output) {
  const answers = new Map();
  let asked = 0;
  let first;
  const firstMessage = new Promise((resolve, reject) => {
    first = { resolve, reject };
  });
  firstMessage.catch(() => {});
  child.on("message", (message) => {
    if (message?.answerTo === undefined) return first.resolve(message);
    const { resolve, reject } = answers.get(message.answerTo);
    answers.delete(message.answerTo);
    if (message.error === undefined) resolve(message.result);
    else reject(new Error(message.error));
  });
  child.once("exit", (code, signal) => {
    const error = new Error(`A process ended with ${signal ?? code}. It said:\n${output()}`);
    first.reject(error);
    for (const { reject } of answers.values()) reject(error);
  });
  const ask = (command, details = {}) =>
    new Promise((resolve, reject) => {
      const number = ++asked;
      answers.set(number, { resolve, reject });
      child.send({ number, command, ...details }, (error) => error && reject(error));
    });
  return { firstMessage, ask };
}

/** What must be undone however we end, last first. */
const closers = [];

/** Returns a function that undoes it now. */
export function onEnd(close) {
  const entry = { close };
  closers.push(entry);
  return async () => {
    const index = closers.indexOf(entry);
    if (index === -1) return;
    closers.splice(index, 1);
    await close();
  };
}

/** Ends every process that was started here, by its id, and undoes the rest. */
export async function endEverything() {
  await Promise.all([...running].map((program) => program.end()));
  while (closers.length > 0) {
    const { close } = closers.pop();
    await Promise.resolve(close()).catch((error) => process.stderr.write(`while ending: ${error}\n`));
  }
}

/** A process that outlives us is ended by a shell that waits for our end of a pipe to close. */
export function watchdog(pid, signal) {
  const shell = spawn("sh", ["-c", `read -r _; kill -${signal} "$1" 2>/dev/null`, "sh", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.unref();
  shell.stdin.unref?.();
  return () => shell.kill("SIGKILL");
}
