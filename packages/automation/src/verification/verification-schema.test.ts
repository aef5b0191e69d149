import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { openVerification, verificationSchema } from "./verification-schema.ts";

const hmac = { scheme: "hmac", algorithm: "sha256", header: "X-Sig", encoding: "hex", content: "{body}", secret: "s" };

const messagesOf = (input: unknown): string => {
  const parsed = verificationSchema.safeParse(input);
  return parsed.success ? "valid" : z.prettifyError(parsed.error) + JSON.stringify(parsed.error.issues);
};

test("takes presets and schemes with the names of their secrets", () => {
  const valid = [
    { preset: "none" },
    { preset: "none", allowFrom: ["192.0.2.0/24", "2001:db8::1"] },
    { preset: "github", secret: "hook-secret" },
    { preset: "stripe", secret: ["new", "old"], toleranceSeconds: 600 },
    { preset: "meta", secret: "app-secret", verifyToken: "meta-token" },
    hmac,
    {
      ...hmac,
      content: "{timestamp}.{body}",
      timestamp: { header: "X-Time", format: "iso8601" },
      toleranceSeconds: 60,
    },
    { scheme: "header", header: "X-Gitlab-Token", secret: "gitlab" },
    { scheme: "basic", secret: "login" },
    { scheme: "bearer", secret: "token", allowFrom: ["192.0.2.1"] },
    { scheme: "jwt", jwksUrl: "https://k.example.com", issuer: "i", audience: "a", algorithms: ["RS256"] },
    { scheme: "addresses", allowFrom: ["192.0.2.0/24"] },
  ];
  for (const input of valid) expect(messagesOf(input)).toBe("valid");
});

test.each([
  [{}, "expected preset, such as preset: github"],
  [{ preset: "gihub", secret: "x" }, "expected none or one of standardWebhooks"],
  [{ preset: "github" }, "expected the name of a keyvault entry"],
  [{ preset: "github", secret: "" }, "expected the name of a keyvault entry"],
  [{ preset: "github", secret: [] }, "expected the name of a keyvault entry"],
  [{ preset: "github", secret: "x", toleranceSeconds: 60 }, "github signs no time"],
  [{ preset: "github", secret: "x", verifyToken: "y" }, "github has no verify token"],
  [{ preset: "github", secret: "x", headr: "y" }, "headr"],
  [{ preset: "none", secret: "x" }, "secret"],
  [{ preset: "stripe", secret: "x", toleranceSeconds: 0 }, "expected at least 1 second"],
  [{ preset: "github", secret: "x", allowFrom: ["everyone"] }, "expected an address or range"],
  [{ preset: "github", secret: "x", allowFrom: [] }, "expected at least one address"],
  [{ ...hmac, secret: undefined }, "expected the name of a keyvault entry"],
  [{ ...hmac, algorithm: "md5" }, "expected sha1, sha256 or sha512"],
  [{ ...hmac, header: "X Sig" }, "expected a header's name"],
  [{ ...hmac, content: "{timestamp}" }, "expected {body} or {sortedForm}"],
  [{ ...hmac, content: "{boddy}" }, "{boddy} is not a part"],
  [{ ...hmac, content: "{id}.{body}" }, "expected the header that {id} names"],
  [{ ...hmac, content: "{timestamp}.{body}" }, "expected timestamp and {timestamp} in content together"],
  [{ ...hmac, timestamp: { header: "X-Time", format: "seconds" } }, "a time that is not signed proves nothing"],
  [{ ...hmac, timestamp: { format: "seconds" } }, "expected either header or pair"],
  [{ ...hmac, toleranceSeconds: 60 }, "expected a timestamp to apply this to"],
  [{ ...hmac, layout: "pairs" }, "expected key, such as v1"],
  [{ ...hmac, bodyHashParameter: "sha" }, "expected {url}"],
  [{ scheme: "magic" }, "expected one of hmac, publicKey"],
  [{ scheme: "none" }, "expected one of hmac, publicKey"],
  [{ scheme: "addresses" }, "allowFrom"],
  [
    { scheme: "jwt", jwksUrl: "https://k.example.com", issuer: "i", audience: "a", algorithms: ["HS256"] },
    "public-key",
  ],
  [{ scheme: "jwt", jwksUrl: "file:///etc/passwd", issuer: "i", audience: "a", algorithms: ["RS256"] }, "JWKS"],
])("refuses %o and says what was expected", (input, expected) => {
  expect(messagesOf(input)).toContain(expected);
});

test("opens into what verify takes and the keyvault entries to fetch", () => {
  const opened = openVerification(
    verificationSchema.parse({ ...hmac, secret: ["new", "old"], allowFrom: ["192.0.2.1"] }),
  );
  const { secret: _secret, ...scheme } = hmac;
  expect(opened).toEqual({
    choice: { scheme },
    secretNames: ["new", "old"],
    verifyTokenName: undefined,
    allowFrom: ["192.0.2.1"],
    toleranceSeconds: undefined,
  });
  const preset = { preset: "stripe", secret: "s", toleranceSeconds: 9 };
  expect(openVerification(verificationSchema.parse(preset))).toMatchObject({
    choice: { preset: "stripe" },
    secretNames: ["s"],
    toleranceSeconds: 9,
  });
  expect(openVerification({ preset: "none" })).toMatchObject({ choice: { preset: "none" }, secretNames: [] });
});

test("has a JSON Schema, and needs nothing from Node", async () => {
  expect(JSON.stringify(z.toJSONSchema(verificationSchema, { io: "input" }))).toContain("standardWebhooks");
  for (const file of ["verification-schema.ts", "verification-scheme.ts"]) {
    const source = await readFile(new URL(file, import.meta.url), "utf8");
    const imported = [...source.matchAll(/from "([^"]+)"/g)].map((match) => match[1]);
    expect(imported.every((name) => name === "zod" || name === "./verification-scheme.ts")).toBe(true);
  }
});
