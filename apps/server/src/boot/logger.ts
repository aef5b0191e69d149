import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { pinoRedactPaths } from "@millrace/vault";
import { destination, type Logger, pino } from "pino";

const rotateBytes = 20 * 1_048_576;

/** JSON lines: to the terminal's stdout under a supervisor, to `<home>/logs` when a person started us and reads the terminal. */
export function createLogger(level: string, home: string | undefined): Logger {
  const options = { level, redact: { paths: [...pinoRedactPaths], censor: "[redacted]" } };
  if (home === undefined) return pino(options);
  const folder = join(home, "logs");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "millrace.log");
  if (existsSync(file) && statSync(file).size > rotateBytes) renameSync(file, `${file}.1`);
  return pino(options, destination({ dest: file, sync: false }));
}
