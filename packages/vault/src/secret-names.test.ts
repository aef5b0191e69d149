import { expect, test } from "vitest";
import { hint } from "./hint.ts";
import { isSecretName, pinoRedactPaths, redactHeaders } from "./secret-names.ts";

test.each([
  "authorization",
  "Proxy-Authorization",
  "cookie",
  "Set-Cookie",
  "x-api-key",
  "X-API-Key",
  "apiKey",
  "APIKEY",
  "api_key",
  "password",
  "dbPassword",
  "passwd",
  "client_secret",
  "clientSecret",
  "accessToken",
  "refresh_token",
  "X-Auth-Token",
  "token",
  "privateKey",
  "private_key",
  "VAULT_KEYS",
  "MILLRACE_API_KEY",
  "credentials",
  "sessionId",
  "jwt",
  "X-Amz-Signature",
])("%s is a secret's name", (name) => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  "",
  "key",
  "keys",
  "content-type",
  "maxTokens",
  "inputTokens",
  "tokenCount",
  "secretName",
  "passwordChangedAt",
  "hasPassword1",
  "author",
  "idempotency-key",
  "cookieConsent",
  "__proto__",
  "constructor",
  "monkey",
  "primaryKey",
])("%s is not", (name) => {
  expect(isSecretName(name)).toBe(false);
});

test("headers keep their names and lose their secret values", () => {
  const headers = { Authorization: "Bearer x", "Set-Cookie": ["a=1"], Accept: "*/*", cookie: undefined };
  expect(redactHeaders(headers)).toEqual({
    Authorization: "[redacted]",
    "Set-Cookie": "[redacted]",
    Accept: "*/*",
    cookie: undefined,
  });
});

test("pino's paths name secrets only", () => {
  for (const path of pinoRedactPaths)
    expect(isSecretName(path.replace(/"\]$/, "").replace(/^.*(\.|")/, ""))).toBe(true);
});

test("a hint is the last four characters, and only of a secret that is long enough", () => {
  expect(hint("sk-ant-12345678")).toBe("5678");
  expect(hint("123456789012\n")).toBe("9012");
  expect(hint("12345678901")).toBeUndefined();
  expect(hint("")).toBeUndefined();
  expect(hint("12345678901🔑")).toBe("901🔑");
});
