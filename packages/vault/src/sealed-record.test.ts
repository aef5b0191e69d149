import { createDecipheriv, createHash, hkdfSync } from "node:crypto";
import { expect, test } from "vitest";
import type { SealedRecord } from "./sealed-record.ts";
import { createVault } from "./vault.ts";
import { parseVaultKeys } from "./vault-keys.ts";

const root = createHash("sha256").update("the key of the format test").digest();
const owner = { workspaceId: "ws_1", connectionId: "con_1", version: 3 };

/** Sealed once and kept: databases hold records like this one, so it must open for ever. */
const stored: SealedRecord = {
  v: 1,
  kekId: "k1",
  wrapIv: "MD5xzjXTxU5UwSYw",
  wrapped: "VQq0paFjJu++pgJ/zlWp4iYaISbzhUTwNaer6oEbBt4=",
  wrapTag: "HyfqVNbQqlBmmpd8H+UkiQ==",
  fields: {
    apiKey: { iv: "6h9zp7sVAZIuzHKX", ct: "/Mp98Vwl93xCIZhQ79k=", tag: "MpkorwNE2Np7Mh55wUScbg==" },
    ü: { iv: "SVLg9WS7yljS6dqI", ct: "", tag: "S2TEAEiq61mdTgQKVF+l6A==" },
  },
  version: 3,
};

function openByHand(key: Buffer, [iv, ciphertext, tag]: [string, string, string], parts: string[]): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64"), { authTagLength: 16 });
  const context = parts.map((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(part));
    return Buffer.concat([length, Buffer.from(part)]);
  });
  decipher.setAAD(Buffer.concat(context));
  decipher.setAuthTag(Buffer.from(tag, "base64"));
  return Buffer.concat([decipher.update(Buffer.from(ciphertext, "base64")), decipher.final()]);
}

test("a record that an earlier release stored opens", () => {
  const vault = createVault(parseVaultKeys(`k1:${root.toString("base64")}`));
  expect({ ...vault.unseal(owner, stored) }).toEqual({ apiKey: "opens for ever", ü: "" });
});

test("the format is HKDF-SHA256, a wrapped data key, and length-prefixed owners at both layers", () => {
  const key = Buffer.from(hkdfSync("sha256", root, "", "wrap/v1", 32));
  const { wrapIv, wrapped, wrapTag, fields } = stored;
  const dataKey = openByHand(key, [wrapIv, wrapped, wrapTag], ["wrap", "1", "ws_1", "con_1", "3", "k1"]);
  const { iv, ct, tag } = fields.apiKey ?? { iv: "", ct: "", tag: "" };
  const value = openByHand(dataKey, [iv, ct, tag], ["data", "1", "ws_1", "con_1", "apiKey", "3"]);
  expect(value.toString()).toBe("opens for ever");
});
