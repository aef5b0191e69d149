import { ConfigError } from "@millrace/base";
import { DatabaseUnreachable, EmbeddedPostgresError, MigrationError } from "@millrace/db";
import { VaultError, VaultKeyMismatch } from "@millrace/vault";
import closeWithGrace from "close-with-grace";
import type { Logger } from "pino";
import { boot } from "./boot/boot.ts";
import { type Closers, createClosers } from "./boot/closers.ts";
import { createLogger } from "./boot/logger.ts";
import { createTerminal, type Terminal } from "./boot/terminal.ts";
import { readConfig } from "./config.ts";
import { PortTaken } from "./listen.ts";

export type StartOptions = {
  /** The repository or image: what relative paths start from. */
  root: string;
  /** Milliseconds since 1970, when the command was typed. */
  startedAt: number;
};

/** Everything that is closed has a limit of its own, and this is a little more than those that matter together. */
const graceMs = 50_000;
const hurriedMs = 5_000;
/** A handler for a fault of the process itself runs for ever, because it returns into the fault. */
const notOurSignals: closeWithGrace.Signals[] = ["SIGILL", "SIGTRAP", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGUSR2"];
const secretVariables = ["VAULT_KEYS", "MILLRACE_OWNER_PASSWORD", "MILLRACE_API_KEY", "METRICS_TOKEN"];

/** Starts every role that MILLRACE_ROLES names and prints where it listens. Ends the process where it cannot start. */
export async function start({ root, startedAt }: StartOptions): Promise<void> {
  try {
    const config = readConfig(process.env, root);
    // What children inherit must not hold the keys.
    for (const name of secretVariables) delete process.env[name];
    const terminal = createTerminal(config.databaseUrl !== undefined);
    const log = createLogger(config.logLevel, config.databaseUrl === undefined ? config.home : undefined);
    const closers = createClosers(log);
    endInOrder({ closers, log, terminal });
    try {
      await boot({ config, root, terminal, startedAt, log, closers });
    } catch (error) {
      // Whoever stops it half-way has asked for the errors that follow.
      if (closers.isClosing()) return;
      await closers.close("hurried");
      throw error;
    }
  } catch (error) {
    if (!isExpected(error)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}

/**
 * SIGTERM and SIGINT: an orderly end, exit code 0; the second one ends at once, which leases and PostgreSQL survive as they
 * survive a crash. An error that nobody handled: nothing is certain any more, so what we hold is given back, exit code 1.
 */
function endInOrder({ closers, log, terminal }: { closers: Closers; log: Logger; terminal: Terminal }): void {
  closeWithGrace({ delay: graceMs, logger: false, skip: notOurSignals }, async ({ signal, err }) => {
    if (err) {
      log.fatal({ err }, "an error was not handled; ending");
      process.stderr.write(`\nMillrace ends because of an error that nobody handled: ${err.message}\n`);
      const limit = new Promise((resolve) => setTimeout(resolve, hurriedMs));
      await Promise.race([closers.close("hurried"), limit]);
      return;
    }
    log.info({ signal }, "stopping");
    terminal.line("\n  Stopping …");
    await closers.close();
    terminal.line("  Stopped.");
  });
}

const expected = [
  ConfigError,
  DatabaseUnreachable,
  EmbeddedPostgresError,
  MigrationError,
  PortTaken,
  VaultError,
  VaultKeyMismatch,
];
const isExpected = (error: unknown): error is Error => expected.some((kind) => error instanceof kind);
