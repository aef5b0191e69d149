import { ConfigError } from "@millrace/base";
import { DatabaseUnreachable, EmbeddedPostgresError, MigrationError } from "@millrace/db";
import { VaultError, VaultKeyMismatch } from "@millrace/vault";
import closeWithGrace from "close-with-grace";
import { boot } from "./boot/boot.ts";
import { createTerminal } from "./boot/terminal.ts";
import { readConfig } from "./config.ts";
import { PortTaken } from "./listen.ts";

export type StartOptions = {
  /** The repository or image: what relative paths start from. */
  root: string;
  /** Milliseconds since 1970, when the command was typed. */
  startedAt: number;
};

const graceMs = 40_000;
const secretVariables = ["VAULT_KEYS", "MILLRACE_OWNER_PASSWORD", "MILLRACE_API_KEY"];

/** Starts every role that MILLRACE_ROLES names and prints where it listens. Ends the process where it cannot start. */
export async function start({ root, startedAt }: StartOptions): Promise<void> {
  try {
    const config = readConfig(process.env, root);
    // What children inherit must not hold the keys.
    for (const name of secretVariables) delete process.env[name];
    const terminal = createTerminal(config.databaseUrl !== undefined);
    const running = await boot({ config, root, terminal, startedAt });
    closeWithGrace({ delay: graceMs, logger: false }, async ({ signal, err }) => {
      if (err) running.log.fatal({ err }, "an error was not handled; ending");
      terminal.line(signal ? "\n  Stopping …" : "");
      await running.close();
      terminal.line("  Stopped.");
    });
  } catch (error) {
    if (!isExpected(error)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
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
