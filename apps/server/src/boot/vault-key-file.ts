import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError } from "@millrace/base";
import { generateVaultKey } from "@millrace/vault";

/**
 * The embedded default's vault keys: made once and kept beside the database, in a file that only its owner reads.
 * Throws ConfigError when data exists but the key file is gone: a new key would not open what the old one sealed.
 */
export function readVaultKeyFile(home: string, hasData: boolean): { keys: string; path: string; isNew: boolean } {
  const path = join(home, "vault.keys");
  if (existsSync(path)) {
    if ((statSync(path).mode & 0o077) !== 0 && process.platform !== "win32") chmodSync(path, 0o600);
    return { keys: readFileSync(path, "utf8").trim(), path, isNew: false };
  }
  if (hasData) {
    throw new ConfigError(
      `${path} is missing, and without it the credentials in ${home} cannot be opened. Put the file back from your backup, or move ${home} away to start afresh.`,
    );
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const keys = generateVaultKey("k1");
  writeFileSync(path, `${keys}\n`, { mode: 0o600, flag: "wx" });
  return { keys, path, isNew: true };
}
