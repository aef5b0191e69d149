import { randomBytes } from "node:crypto";
import { ConfigError } from "@millrace/base";
import { decodeBase64 } from "./base64.ts";
import { KeyRing, type RootKey } from "./key-ring.ts";
import { weaknessOf } from "./weak-key.ts";

const keyBytes = 32;
const idPattern = /^[a-z][a-z0-9-]{0,15}$/;
const idRule = "a short name in lower case such as k1 (letters, digits, hyphens; at most 16)";

/**
 * Parses VAULT_KEYS, `k2:<base64 of 32 bytes>,k1:…`, where the first key is the primary one.
 * Throws ConfigError, which counts entries and never repeats what stands in one: a misplaced colon makes an id of a key.
 */
export function parseVaultKeys(text: string | undefined): KeyRing {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") throw refusal("is missing");
  const [first, ...others] = trimmed.split(",").map((entry, index) => parseEntry(entry.trim(), `entry ${index + 1}`));
  if (!first) throw refusal("is missing");
  const roots: [RootKey, ...RootKey[]] = [first, ...others];
  for (const [index, root] of roots.entries()) {
    const earlier = roots.findIndex((other) => other.id === root.id);
    if (earlier < index) throw refusal(`entries ${earlier + 1} and ${index + 1} have the same id`);
    const same = roots.findIndex((other) => other.bytes.equals(root.bytes));
    if (same < index) throw refusal(`entries ${same + 1} and ${index + 1} are the same key under two ids`);
  }
  return KeyRing.fromRoots(roots);
}

/** A new random key in the form that VAULT_KEYS takes, `<id>:<base64>`. */
export function generateVaultKey(id: string): string {
  if (!idPattern.test(id)) throw new ConfigError(`A vault key's id must be ${idRule}.`);
  return `${id}:${randomBytes(keyBytes).toString("base64")}`;
}

function parseEntry(entry: string, place: string): RootKey {
  if (entry === "") throw refusal(`${place} is empty`);
  const colon = entry.indexOf(":");
  if (colon < 0) throw refusal(`${place} has no id: write id:key`);
  const id = entry.slice(0, colon);
  if (!idPattern.test(id)) throw refusal(`the id of ${place} must be ${idRule}`);
  const bytes = decodeBase64(entry.slice(colon + 1));
  if (!bytes) throw refusal(`the key of ${place} is not base64 (standard alphabet, with its padding)`);
  if (bytes.length !== keyBytes) throw refusal(`the key of ${place} has ${bytes.length} bytes instead of ${keyBytes}`);
  const weakness = weaknessOf(bytes);
  if (weakness) throw refusal(`the key of ${place} ${weakness}, so others can guess it`);
  return { id, bytes };
}

function refusal(problem: string): ConfigError {
  return new ConfigError(
    [
      `VAULT_KEYS: ${problem}.`,
      "Expected: VAULT_KEYS=k2:<base64 of 32 random bytes>,k1:<…>; the first key seals, the others only open.",
      `Make one: node -p "'k1:' + crypto.randomBytes(32).toString('base64')"`,
      "Keep a copy apart from the database: without it the secrets are lost.",
    ].join("\n  "),
  );
}
