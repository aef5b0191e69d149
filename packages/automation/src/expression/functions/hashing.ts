import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Budget } from "../budget.ts";
import { bytesToBase64, utf8 } from "../bytes.ts";
import { functionsOf } from "../function-entry.ts";

const define = functionsOf("hashing");

function bytesOf(budget: Budget, text: string): Uint8Array {
  budget.spendText(text.length);
  const bytes = utf8(text);
  budget.spend(200 + bytes.length / 3);
  return bytes;
}

export const hashingFunctions = [
  define({
    name: "sha256",
    form: "both",
    parameters: ["text: string"],
    result: "string",
    doc: "The SHA-256 hash of the text's UTF-8 bytes, in hex.",
    example: [`sha256("abc")`, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    cost: "own",
    run: (budget, text) => bytesToHex(sha256(bytesOf(budget, text))),
  }),
  define({
    name: "sha1",
    form: "both",
    parameters: ["text: string"],
    result: "string",
    doc: "The SHA-1 hash of the text's UTF-8 bytes, in hex. For services that ask for it; not safe for anything new.",
    example: [`sha1("abc")`, "a9993e364706816aba3e25717850c26c9cd0d89d"],
    cost: "own",
    run: (budget, text) => bytesToHex(sha1(bytesOf(budget, text))),
  }),
  define({
    name: "md5",
    form: "both",
    parameters: ["text: string"],
    result: "string",
    doc: "The MD5 hash of the text's UTF-8 bytes, in hex. For services that ask for it; not safe for anything new.",
    example: [`md5("abc")`, "900150983cd24fb0d6963f7d28e17f72"],
    cost: "own",
    run: (budget, text) => bytesToHex(md5(bytesOf(budget, text))),
  }),
  define({
    name: "hmacSha256",
    form: "both",
    parameters: ["text: string", "key: string"],
    result: "string",
    doc: "The HMAC-SHA-256 of the text with a key, in hex. Secrets of the keyvault have no name here and can't be the key.",
    example: [`hmacSha256("abc", "key")`, "9c196e32dc0175f86f4b1cb89289d6619de6bee699e4c378e68309ed97a1a6ab"],
    cost: "own",
    run: (budget, text, key) => bytesToHex(hmac(sha256, bytesOf(budget, key), bytesOf(budget, text))),
  }),
  define({
    name: "hmacSha256Base64",
    form: "both",
    parameters: ["text: string", "key: string"],
    result: "string",
    doc: "The HMAC-SHA-256 of the text with a key, in Base64.",
    example: [`hmacSha256Base64("abc", "key")`, "nBluMtwBdfhvSxy4konWYZ3mvuaZ5MN45oMJ7Zehpqs="],
    cost: "own",
    run: (budget, text, key) => bytesToBase64(hmac(sha256, bytesOf(budget, key), bytesOf(budget, text))),
  }),
];
