import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { VaultError } from "./vault-error.ts";
import { VaultKeyMismatch } from "./vault-key-mismatch.ts";

/** What a key may be used for. Each purpose has its own subkey, so one that leaks opens nothing else. */
export const keyPurposes = ["wrap/v1", "ingress-secrets/v1", "session/v1", "index/v1"] as const;
export type KeyPurpose = (typeof keyPurposes)[number];

/** A value that proves which bytes a key id stands for, and tells nothing about them: safe to store next to the secrets. */
export type KeyCheck = { kekId: string; check: string };

/** 32 secret bytes under the id that sealed records name. */
export type RootKey = { id: string; bytes: Buffer };

type Subkeys = { check: string; byPurpose: ReadonlyMap<KeyPurpose, KeyObject> };

/**
 * The keys of an installation; the first one seals, all of them open.
 * Holds subkeys only, as opaque key objects in private fields, so that logging a ring shows nothing.
 */
export class KeyRing {
  readonly primaryId: string;
  readonly ids: readonly string[];
  readonly #subkeys: ReadonlyMap<string, Subkeys>;

  private constructor(subkeys: ReadonlyMap<string, Subkeys>) {
    this.ids = [...subkeys.keys()];
    this.primaryId = this.ids[0] ?? "";
    this.#subkeys = subkeys;
  }

  /** Derives every subkey and wipes the roots. Checked input only: see `parseVaultKeys`. */
  static fromRoots(roots: readonly [RootKey, ...RootKey[]]): KeyRing {
    const subkeys = new Map(roots.map(({ id, bytes }) => [id, deriveSubkeys(bytes)]));
    for (const root of roots) root.bytes.fill(0);
    return new KeyRing(subkeys);
  }

  /** A ring that can do only this: the ingress takes `ingress-secrets/v1` and can't open a connection. */
  narrowTo(...purposes: readonly KeyPurpose[]): KeyRing {
    const kept = [...this.#subkeys].map(([id, { check, byPurpose }]): [string, Subkeys] => {
      return [id, { check, byPurpose: new Map([...byPurpose].filter(([purpose]) => purposes.includes(purpose))) }];
    });
    return new KeyRing(new Map(kept));
  }

  has(id: string): boolean {
    return this.#subkeys.has(id);
  }

  /** The subkey of one key for one purpose. Throws VaultError when the ring does not hold it. */
  keyFor(id: string, purpose: KeyPurpose = "wrap/v1"): KeyObject {
    const subkeys = this.#subkeys.get(id);
    if (!subkeys) {
      const held = this.ids.join(", ");
      throw new VaultError(
        "unknown_key",
        `Sealed with vault key "${id}", but VAULT_KEYS holds only ${held}. Add that key.`,
      );
    }
    const key = subkeys.byPurpose.get(purpose);
    if (!key) throw new VaultError("unknown_key", `This process does not hold the vault's keys for ${purpose}.`);
    return key;
  }

  /** The primary key's 32 bytes for a purpose; the caller's own copy, to be wiped after use. */
  deriveKey(purpose: KeyPurpose): Buffer {
    return this.keyFor(this.primaryId, purpose).export();
  }

  /** What to store, one row for each key, for `verifyKeyChecks` at the next start. */
  keyChecks(): KeyCheck[] {
    return [...this.#subkeys].map(([kekId, { check }]) => ({ kekId, check }));
  }

  /**
   * Throws VaultKeyMismatch when a stored check names a key that is missing here, or that has other bytes here.
   * Remove a key's row only when no record and no backup names it any more.
   */
  verifyKeyChecks(stored: Iterable<KeyCheck>): void {
    const missing: string[] = [];
    const different: string[] = [];
    for (const { kekId, check } of stored) {
      const held = this.#subkeys.get(kekId);
      if (!held) missing.push(kekId);
      else if (held.check !== check) different.push(kekId);
    }
    if (missing.length + different.length === 0) return;
    throw new VaultKeyMismatch(mismatchMessage(missing, different), [...missing, ...different]);
  }
}

function deriveSubkeys(root: Buffer): Subkeys {
  return {
    check: hkdf(root, "check/v1", 16).toString("base64"),
    byPurpose: new Map(keyPurposes.map((purpose) => [purpose, createSecretKey(hkdf(root, purpose, 32))])),
  };
}

/** RFC 5869 without a salt, which it allows when the input is uniformly random, as our roots are. */
function hkdf(root: Buffer, info: string, lengthBytes: number): Buffer {
  return Buffer.from(hkdfSync("sha256", root, "", info, lengthBytes));
}

function mismatchMessage(missing: readonly string[], different: readonly string[]): string {
  const lines = ["VAULT_KEYS does not fit this database, so its secrets would not open."];
  for (const id of missing) {
    lines.push(`Key "${id}" is missing: the database has secrets sealed with it. Add ${id}:… to VAULT_KEYS again.`);
  }
  for (const id of different) {
    lines.push(
      `Key "${id}" has other bytes than the key that sealed them. Put back the original ${id} from your backup.`,
    );
  }
  lines.push(
    "To bring in a new key, give it a new id and put it first; keep the old one until everything is re-wrapped.",
  );
  return lines.join("\n  ");
}
