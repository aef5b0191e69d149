import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-secrets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

test("a secret may be given as a file, without the line's end", () => {
  const config = readConfig(
    { DATABASE_URL_FILE: file("url", "postgresql://a:b@db/c\n"), VAULT_KEYS_FILE: file("keys", "k1:AAAA\n") },
    "/",
  );
  expect(config).toMatchObject({ databaseUrl: "postgresql://a:b@db/c", vaultKeys: "k1:AAAA" });
});

test.each([
  [
    "twice",
    { VAULT_KEYS: "k1:x", VAULT_KEYS_FILE: file("both", "k1:y") },
    /VAULT_KEYS and VAULT_KEYS_FILE are both set/,
  ],
  ["in a missing file", { REDIS_URL_FILE: join(folder, "none") }, /REDIS_URL_FILE: .*none can't be read \(ENOENT\)/],
  ["in an empty file", { MILLRACE_API_KEY_FILE: file("empty", "\n") }, /MILLRACE_API_KEY_FILE: .* is empty/],
])("a secret given %s is refused, naming the variable", (_name, env, message) => {
  expect(() => readConfig(env, "/")).toThrow(message);
});
