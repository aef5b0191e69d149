import { createCipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SealedRecord } from "./sealed-record.ts";
import { formsOf } from "./secret-forms.ts";
import { createVault, type SecretOwner } from "./vault.ts";
import { VaultError, type VaultErrorReason } from "./vault-error.ts";
import { generateVaultKey, parseVaultKeys } from "./vault-keys.ts";

const key1 = generateVaultKey("k1");
const key2 = generateVaultKey("k2");
const vault = createVault(parseVaultKeys(key1));
const owner: SecretOwner = { workspaceId: "ws_1", connectionId: "con_1", version: 3 };
const fields = { apiKey: "canary-4f1c9d2e7a", password: "pass wörd & <more>" };

function refusalOf(open: () => unknown): VaultError {
  try {
    open();
  } catch (error) {
    if (error instanceof VaultError) return error;
    throw error;
  }
  throw new Error("it opened");
}

const reasonOf = (open: () => unknown): VaultErrorReason => refusalOf(open).reason;

/** The record with one base64 part replaced; `path` is `wrapIv`, or a field's name and part. */
function withPart(record: SealedRecord, [name, part]: readonly [string, string?], text: string): SealedRecord {
  if (part === undefined) return { ...record, [name]: text };
  const field = record.fields[name];
  if (!field) throw new Error(`no field ${name}`);
  return { ...record, fields: { ...record.fields, [name]: { ...field, [part]: text } } };
}

const parts = (record: SealedRecord): { path: readonly [string, string?]; text: string }[] => [
  { path: ["wrapIv"], text: record.wrapIv },
  { path: ["wrapped"], text: record.wrapped },
  { path: ["wrapTag"], text: record.wrapTag },
  ...Object.entries(record.fields).flatMap(([name, { iv, ct, tag }]) => [
    { path: [name, "iv"] as const, text: iv },
    { path: [name, "ct"] as const, text: ct },
    { path: [name, "tag"] as const, text: tag },
  ]),
];

describe("sealing", () => {
  test("what was sealed opens again, also after a trip through JSON", () => {
    const stored = JSON.parse(JSON.stringify(vault.seal(owner, fields)));
    expect({ ...vault.unseal(owner, stored) }).toEqual(fields);
    expect({ ...vault.unseal(owner, vault.seal(owner, {})) }).toEqual({});
  });

  test("any Unicode names and values come back exactly", () => {
    const text = fc.string({ unit: "binary", maxLength: 200 });
    const name = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toString", "", "\u0000"));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text), { maxLength: 6 }), (entries) => {
        const given: Record<string, string> = Object.fromEntries(entries);
        const stored = JSON.parse(JSON.stringify(vault.seal(owner, given)));
        const opened = vault.unseal(owner, stored);
        expect(Object.entries(opened).sort()).toEqual(Object.entries(given).sort());
        expect(opened.hasOwnProperty).toBe(Object.hasOwn(given, "hasOwnProperty") ? given.hasOwnProperty : undefined);
      }),
      { numRuns: 300 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test("a field named __proto__ is a field and changes no prototype", () => {
    const given = JSON.parse('{"__proto__": "secret value"}');
    const sealed = vault.seal(owner, given);
    expect(Object.keys(sealed.fields)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(sealed.fields)).toBe(Object.prototype);
    expect(Object.entries(vault.unseal(owner, sealed))).toEqual([["__proto__", "secret value"]]);
  });

  test("two encryptions of the same value share no part", () => {
    const twice = [vault.seal(owner, fields), vault.seal(owner, fields)].flatMap((record) => parts(record));
    const texts = twice.map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
    const twins = parts(vault.seal(owner, { a: "same", b: "same" })).map(({ text }) => text);
    expect(new Set(twins).size).toBe(twins.length);
  });

  test("the stored record holds the values in no form", () => {
    const stored = JSON.stringify(vault.seal(owner, fields));
    for (const value of Object.values(fields)) {
      for (const form of formsOf(value)) expect(stored).not.toContain(form);
    }
  });

  test("half a surrogate pair is refused, because UTF-8 would change it", () => {
    const refusal = refusalOf(() => vault.seal(owner, { apiKey: "secret\ud800" }));
    expect(refusal.reason).toBe("invalid_input");
    expect(refusal.message).toMatch(/con_1.*"apiKey"/);
    expect(refusal.message).not.toContain("secret\ud800");
    expect(reasonOf(() => vault.seal(owner, { "\udc00": "x" }))).toBe("invalid_input");
    expect(reasonOf(() => vault.seal({ ...owner, workspaceId: "\udc00" }, {}))).toBe("invalid_input");
  });

  test("an owner without ids or with an unusable version is refused", () => {
    for (const wrong of [
      { workspaceId: "" },
      { connectionId: "" },
      { version: -1 },
      { version: 1.5 },
      { version: NaN },
    ]) {
      expect(reasonOf(() => vault.seal({ ...owner, ...wrong }, fields))).toBe("invalid_input");
    }
  });
});

describe("altered records", () => {
  test("flipping any bit pattern of any byte of any part is refused, without plaintext in the error", () => {
    const record = vault.seal(owner, fields);
    for (const { path, text } of parts(record)) {
      const bytes = Buffer.from(text, "base64");
      for (let index = 0; index < bytes.length; index++) {
        for (const mask of [0x01, 0x80, 0xff]) {
          const flipped = Buffer.from(bytes);
          flipped.writeUInt8(flipped.readUInt8(index) ^ mask, index);
          const refusal = refusalOf(() => vault.unseal(owner, withPart(record, path, flipped.toString("base64"))));
          expect(refusal.reason).toBe("not_authentic");
          for (const value of Object.values(fields)) expect(refusal.message).not.toContain(value);
        }
      }
    }
  });

  test("changing any single byte of the stored JSON is refused", () => {
    const json = Buffer.from(JSON.stringify(vault.seal(owner, fields)));
    for (let index = 0; index < json.length; index++) {
      for (const mask of [0x01, 0x04, 0x20]) {
        const altered = Buffer.from(json);
        altered.writeUInt8(altered.readUInt8(index) ^ mask, index);
        expect(() => vault.unseal(owner, JSON.parse(altered.toString("latin1")))).toThrow();
      }
    }
  });

  test.each([4, 8, 12, 15, 0, 17])("a tag of %i bytes is refused at both layers", (length) => {
    const record = vault.seal(owner, fields);
    for (const { path, text } of parts(record)) {
      if (path[0] !== "wrapTag" && path[1] !== "tag") continue;
      const tag = Buffer.concat([Buffer.from(text, "base64"), Buffer.alloc(1)]).subarray(0, length);
      expect(reasonOf(() => vault.unseal(owner, withPart(record, path, tag.toString("base64"))))).toBe("malformed");
    }
  });

  test("base64 that only looks different is refused", () => {
    const record = vault.seal(owner, fields);
    const { wrapTag } = record;
    for (const text of [wrapTag.replace("==", ""), `${wrapTag}\n`, `${wrapTag.slice(0, -3)}*${wrapTag.slice(-3)}`]) {
      expect(reasonOf(() => vault.unseal(owner, { ...record, wrapTag: text }))).toBe("malformed");
    }
  });

  test("records of another shape, format or key are named as such", () => {
    const record: Record<string, unknown> = { ...vault.seal(owner, fields) };
    const open = (stored: unknown) => () => vault.unseal(owner, JSON.parse(JSON.stringify(stored)));
    for (const stored of [null, "text", [], { ...record, fields: null }, { ...record, fields: { apiKey: 1 } }]) {
      expect(reasonOf(open(stored))).toBe("malformed");
    }
    for (const name of ["wrapIv", "wrapped", "wrapTag", "kekId", "version"]) {
      expect(reasonOf(open({ ...record, [name]: undefined }))).toBe("malformed");
    }
    for (const v of [0, 2, "1", null]) expect(reasonOf(open({ ...record, v }))).toBe("unknown_format");
    for (const kekId of ["k9", "__proto__", "constructor", ""]) {
      expect(reasonOf(open({ ...record, kekId }))).toBe("unknown_key");
    }
  });

  test("a data key of another length is refused even when it is authentic", () => {
    // Only someone who holds the ring can make one; nothing may come of it all the same.
    const ring = parseVaultKeys(key1);
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", ring.keyFor("k1"), iv, { authTagLength: 16 });
    const context = ["wrap", "1", "ws_1", "con_1", "3", "k1"].map((part) => {
      return Buffer.concat([Buffer.from([0, 0, 0, part.length]), Buffer.from(part)]);
    });
    cipher.setAAD(Buffer.concat(context));
    const wrapped = cipher.update(Buffer.alloc(16)).toString("base64");
    cipher.final();
    const wrapTag = cipher.getAuthTag().toString("base64");
    const record = { ...vault.seal(owner, fields), wrapIv: iv.toString("base64"), wrapped, wrapTag };
    expect(reasonOf(() => vault.unseal(owner, record))).toBe("not_authentic");
  });
});

describe("moved records", () => {
  const others: SecretOwner[] = [
    { ...owner, workspaceId: "ws_2" },
    { ...owner, connectionId: "con_2" },
    { ...owner, version: 4 },
  ];

  test("a record does not open for another workspace, connection or version", () => {
    for (const other of others) {
      const record = vault.seal(owner, fields);
      expect(reasonOf(() => vault.unseal(other, record))).toBe("not_authentic");
      expect(reasonOf(() => vault.rewrap(other, record))).toBe("not_authentic");
      // The version inside the record is no proof: it is the key's wrap that says whose it is.
      expect(reasonOf(() => vault.unseal(other, { ...record, version: other.version }))).toBe("not_authentic");
    }
  });

  test("a field does not open under another name or in another record", () => {
    const record = vault.seal(owner, fields);
    const { apiKey, password } = record.fields;
    if (!apiKey || !password) throw new Error("both fields were sealed");
    expect(reasonOf(() => vault.unseal(owner, { ...record, fields: { apiKey: password, password: apiKey } }))).toBe(
      "not_authentic",
    );
    for (const other of [owner, ...others]) {
      const target = vault.seal(other, fields);
      expect(reasonOf(() => vault.unseal(other, { ...target, fields: { ...target.fields, apiKey } }))).toBe(
        "not_authentic",
      );
    }
  });

  test("the data layer is bound to its owner by itself, even under a wrap that opens", () => {
    const [from, to] = [vault.seal(owner, fields), vault.seal(owner, fields)];
    const { wrapIv, wrapped, wrapTag } = from;
    expect(reasonOf(() => vault.unseal(owner, { ...to, wrapIv, wrapped, wrapTag }))).toBe("not_authentic");
  });

  test("moving a letter from one id to the next makes another owner", () => {
    const record = vault.seal({ ...owner, workspaceId: "ab", connectionId: "c" }, fields);
    expect(reasonOf(() => vault.unseal({ ...owner, workspaceId: "a", connectionId: "bc" }, record))).toBe(
      "not_authentic",
    );
  });
});

describe("keys", () => {
  test("other key bytes under the same id open nothing", () => {
    const record = vault.seal(owner, fields);
    const impostor = createVault(parseVaultKeys(generateVaultKey("k1")));
    expect(reasonOf(() => impostor.unseal(owner, record))).toBe("not_authentic");
  });

  test("a ring without the record's key says which key is missing", () => {
    const refusal = refusalOf(() => createVault(parseVaultKeys(key2)).unseal(owner, vault.seal(owner, fields)));
    expect(refusal.reason).toBe("unknown_key");
    expect(refusal.message).toMatch(/"k1".*holds only k2/);
  });

  test("the ingress's vault and the worker's do not open each other's records", () => {
    const ring = parseVaultKeys(key1);
    const ingress = createVault(ring.narrowTo("ingress-secrets/v1"), "ingress-secrets/v1");
    const sealed = ingress.seal(owner, fields);
    expect({ ...ingress.unseal(owner, sealed) }).toEqual(fields);
    expect(reasonOf(() => vault.unseal(owner, sealed))).toBe("not_authentic");
    expect(reasonOf(() => ingress.unseal(owner, vault.seal(owner, fields)))).toBe("not_authentic");
    const curious = createVault(ring.narrowTo("ingress-secrets/v1"));
    expect(reasonOf(() => curious.unseal(owner, vault.seal(owner, fields)))).toBe("unknown_key");
  });

  test("rotation rewraps the data key only, and the old key is then not needed", () => {
    const old = vault.seal(owner, fields);
    const during = createVault(parseVaultKeys(`${key2},${key1}`));
    expect({ ...during.unseal(owner, old) }).toEqual(fields);
    const rewrapped = during.rewrap(owner, old);
    expect(rewrapped).toMatchObject({ v: 1, kekId: "k2", version: 3, fields: old.fields });
    expect(old.kekId).toBe("k1");
    expect(rewrapped.wrapped).not.toBe(old.wrapped);
    const after = createVault(parseVaultKeys(key2));
    expect({ ...after.unseal(owner, rewrapped) }).toEqual(fields);
    expect({ ...after.unseal(owner, during.rewrap(owner, rewrapped)) }).toEqual(fields);
    expect(during.seal(owner, fields).kekId).toBe("k2");
  });
});
