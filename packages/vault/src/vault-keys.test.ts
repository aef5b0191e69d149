import { createHash, hkdfSync } from "node:crypto";
import { inspect } from "node:util";
import { ConfigError } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyPurposes } from "./key-ring.ts";
import { VaultError } from "./vault-error.ts";
import { VaultKeyMismatch } from "./vault-key-mismatch.ts";
import { generateVaultKey, parseVaultKeys } from "./vault-keys.ts";

const random = (seed: string) => createHash("sha256").update(seed).digest();
const encoded = (bytes: Buffer) => bytes.toString("base64");
const good = encoded(random("good"));
const other = encoded(random("other"));

function errorOf<Expected extends Error>(kind: new (...given: never[]) => Expected, act: () => unknown): Expected {
  try {
    act();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const mismatchOf = (keys: string, stored: { kekId: string; check: string }[]) => {
  return errorOf(VaultKeyMismatch, () => parseVaultKeys(keys).verifyKeyChecks(stored));
};

describe("VAULT_KEYS", () => {
  test("the first key is the primary one", () => {
    const ring = parseVaultKeys(` k2:${good} , k1:${other}\n`);
    expect(ring.primaryId).toBe("k2");
    expect(ring.ids).toEqual(["k2", "k1"]);
    expect(parseVaultKeys(generateVaultKey("main-2026")).ids).toEqual(["main-2026"]);
  });

  test.each([
    ["nothing", undefined, /is missing/],
    ["an empty value", "  ", /is missing/],
    ["an empty entry", `k1:${good},`, /entry 2 is empty/],
    ["no id", good, /entry 1 has no id/],
    ["an empty id", `:${good}`, /id of entry 1 must be a short name/],
    ["id and key the wrong way round", `${good}:k1`, /id of entry 1 must be a short name/],
    ["a duplicate id", `k1:${good},k1:${other}`, /entries 1 and 2 have the same id/],
    ["one key under two ids", `k1:${good},k2:${good}`, /entries 1 and 2 are the same key/],
    ["a short key", `k1:${good},k2:${encoded(random("x").subarray(0, 31))}`, /entry 2 has 31 bytes instead of 32/],
    ["a long key", `k1:${encoded(Buffer.concat([random("x"), random("y")]))}`, /64 bytes instead of 32/],
    ["no padding", `k1:${good.replace("=", "")}`, /not base64/],
    ["other characters", `k1:*${good.slice(1)}`, /not base64/],
    ["stray bits at the end", `k1:${good.slice(0, -2)}${good.at(-2) === "B" ? "C" : "B"}=`, /not base64/],
    ["all zeros", `k1:${encoded(Buffer.alloc(32))}`, /all zeros/],
    ["one byte repeated", `k1:${encoded(Buffer.alloc(32, 7))}`, /repeats itself/],
    [
      "16 bytes twice",
      `k1:${encoded(Buffer.concat([random("x").subarray(0, 16), random("x").subarray(0, 16)]))}`,
      /repeats/,
    ],
    ["11 bytes repeated", `k1:${encoded(Buffer.alloc(32, random("x").subarray(0, 11)))}`, /repeats/],
    ["bytes counting up", `k1:${encoded(Buffer.from([...Array(32).keys()]))}`, /counts up/],
    ["typed text", `k1:${encoded(Buffer.from("please-change-me-before-going-on"))}`, /typed text/],
    ["hex digits as text", `k1:${encoded(Buffer.from(random("x").toString("hex").slice(0, 32)))}`, /typed text/],
    ["few different bytes", `k1:${encoded(Buffer.from(random("x").map((byte) => byte % 12)))}`, /too few different/],
    ["a published key", "k1:cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4=", /sample key/],
  ])("%s is refused, saying what is wrong, what was expected and how to make one", (_, text, problem) => {
    const { message } = errorOf(ConfigError, () => parseVaultKeys(text));
    expect(message).toMatch(/^VAULT_KEYS: /);
    expect(message).toMatch(problem);
    expect(message).toMatch(/Expected: VAULT_KEYS=k2:.*\n.*Make one: node -p/);
  });

  test("no refusal repeats anything of what was given", () => {
    const part = fc.oneof(fc.constantFrom(good, "k1", ":", ",", " ", "k1:"), fc.base64String({ minLength: 8 }));
    // It tells how to make one, in words such as toString.
    const advice = errorOf(ConfigError, () => parseVaultKeys(":")).message;
    const isTelling = (piece: string) => piece.length >= 8 && !advice.includes(piece);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        try {
          parseVaultKeys(text);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          for (const piece of text.split(/[:,\s]/).filter(isTelling)) {
            expect(error.message).not.toContain(piece);
          }
        }
      }),
      { examples: [[["toString"]]] },
    );
  });

  test("a generated key has its id, and no two are alike", () => {
    expect(generateVaultKey("k1")).toMatch(/^k1:[A-Za-z0-9+/]{43}=$/);
    expect(generateVaultKey("k1")).not.toBe(generateVaultKey("k1"));
    expect(() => generateVaultKey("K 1")).toThrow(ConfigError);
  });
});

describe("the key ring", () => {
  test("each purpose has a subkey of its own, HKDF-SHA256 of the root", () => {
    const ring = parseVaultKeys(`k1:${good},k0:${other}`);
    for (const purpose of keyPurposes) {
      const expected = Buffer.from(hkdfSync("sha256", random("good"), "", purpose, 32));
      expect(ring.deriveKey(purpose).equals(expected)).toBe(true);
      expect(ring.keyFor("k1", purpose).export().equals(expected)).toBe(true);
      expect(ring.keyFor("k0", purpose).export().equals(expected)).toBe(false);
    }
    expect(new Set(keyPurposes.map((purpose) => encoded(ring.deriveKey(purpose)))).size).toBe(keyPurposes.length);
  });

  test("a derived key is the caller's to wipe", () => {
    const ring = parseVaultKeys(`k1:${good}`);
    ring.deriveKey("session/v1").fill(0);
    expect(ring.deriveKey("session/v1").equals(Buffer.alloc(32))).toBe(false);
  });

  test("a narrowed ring has only its purpose", () => {
    const ring = parseVaultKeys(`k1:${good}`).narrowTo("ingress-secrets/v1");
    expect(ring.deriveKey("ingress-secrets/v1")).toHaveLength(32);
    expect(() => ring.deriveKey("wrap/v1")).toThrow(VaultError);
    expect(() => ring.keyFor("k1")).toThrow(VaultError);
    expect(ring.keyChecks()).toHaveLength(1);
  });

  test("printing a ring shows no key", () => {
    const ring = parseVaultKeys(`k1:${good}`);
    const printed = inspect(ring, { depth: 9, showHidden: true }) + JSON.stringify(ring);
    const keys = [random("good"), ...keyPurposes.map((purpose) => ring.deriveKey(purpose))];
    for (const key of keys) {
      expect(printed).not.toContain(encoded(key));
      expect(printed).not.toContain(key.toString("hex").replace(/..(?=.)/g, "$& "));
    }
  });
});

describe("key checks", () => {
  test("fit the same keys in any order, and an installation without any", () => {
    const stored = parseVaultKeys(`k2:${good},k1:${other}`).keyChecks();
    expect(stored.map(({ kekId }) => kekId)).toEqual(["k2", "k1"]);
    expect(() => parseVaultKeys(`k1:${other},k2:${good}`).verifyKeyChecks(stored)).not.toThrow();
    expect(() => parseVaultKeys(`k1:${other}`).verifyKeyChecks([])).not.toThrow();
    expect(() =>
      parseVaultKeys(`k3:${encoded(random("new"))},k2:${good},k1:${other}`).verifyKeyChecks(stored),
    ).not.toThrow();
  });

  test("differ for every key and show nothing of it", () => {
    const ring = parseVaultKeys(`k2:${good},k1:${other}`);
    const [first, second] = ring.keyChecks().map(({ check }) => check);
    expect(first).not.toBe(second);
    for (const purpose of keyPurposes) expect(encoded(ring.deriveKey(purpose))).not.toContain(first?.slice(0, 8));
  });

  test("other bytes under a known id are refused, naming the key and what to do", () => {
    const stored = parseVaultKeys(`k1:${good}`).keyChecks();
    const mismatch = mismatchOf(`k1:${other}`, stored);
    expect(mismatch.kekIds).toEqual(["k1"]);
    expect(mismatch.message).toMatch(/Key "k1" has other bytes.*Put back the original k1/);
    expect(mismatch.message).not.toContain(other.slice(0, 8));
  });

  test("a key that is stored but not held is refused, naming the key and what to do", () => {
    const stored = parseVaultKeys(`k2:${good},k1:${other}`).keyChecks();
    const mismatch = mismatchOf(`k2:${good}`, stored);
    expect(mismatch.kekIds).toEqual(["k1"]);
    expect(mismatch.message).toMatch(/Key "k1" is missing.*Add k1:… to VAULT_KEYS/);
    expect(mismatchOf(`k2:${good}`, [{ kekId: "__proto__", check: "" }]).kekIds).toEqual(["__proto__"]);
  });
});
