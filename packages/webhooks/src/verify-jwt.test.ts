import { createHmac } from "node:crypto";
import type { VerificationScheme } from "@millrace/automation";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { expect, test } from "vitest";
import { createJwksCache } from "./jwks-cache.ts";
import { now, unsigned } from "./signed-request.fixture.ts";
import { verify } from "./verify.ts";

const rsa = await generateKeyPair("RS256", { extractable: true });
const ec = await generateKeyPair("ES256");
const stranger = await generateKeyPair("RS256");
const rsaJwk = { ...(await exportJWK(rsa.publicKey)), kid: "r1", use: "sig" };
const ecJwk = { ...(await exportJWK(ec.publicKey)), kid: "e1" };

const scheme = {
  scheme: "jwt",
  jwksUrl: "https://keys.example.com/jwks",
  issuer: "https://issuer.example.com",
  audience: "https://hooks.example.com/hooks/abc",
  algorithms: ["RS256", "ES256"],
} satisfies VerificationScheme;

const seconds = Math.floor(now.getTime() / 1_000);
const claims: JWTPayload = { iss: scheme.issuer, aud: scheme.audience, iat: seconds, exp: seconds + 600 };

const tokenOf = (payload: JWTPayload, kid = "r1", key = rsa.privateKey, alg = "RS256") =>
  new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);

const publishing = (...keys: object[]) => createJwksCache(async () => ({ keys }));

const check = (token: string | undefined, changes: Partial<typeof scheme> = {}, jwks = publishing(rsaJwk, ecJwk)) => {
  const request = unsigned("{}");
  const headers = token === undefined ? request.headers : [...request.headers, ["Authorization", token] as const];
  return verify({ scheme: { ...scheme, ...changes }, secrets: [], request: { ...request, headers }, now, jwks });
};

test("takes tokens of the published keys", async () => {
  expect(await check(`Bearer ${await tokenOf(claims)}`)).toEqual({ ok: true });
  expect(await check(`bearer ${await tokenOf(claims, "e1", ec.privateKey, "ES256")}`)).toEqual({ ok: true });
});

test("refuses a wrong or missing issuer, audience or expiry, and a token that is not yet valid", async () => {
  const wrong: [JWTPayload, string][] = [
    [{ ...claims, iss: "https://evil.example.com" }, "token_rejected"],
    [{ ...claims, aud: "other" }, "token_rejected"],
    [{ ...claims, iss: undefined }, "token_rejected"],
    [{ ...claims, aud: undefined }, "token_rejected"],
    [{ ...claims, exp: undefined }, "token_rejected"],
    [{ ...claims, nbf: seconds + 61 }, "token_rejected"],
    [{ ...claims, exp: seconds - 60 }, "token_expired"],
  ];
  for (const [payload, reason] of wrong) {
    const verdict = await check(`Bearer ${await tokenOf(payload)}`);
    expect(verdict).toMatchObject({ ok: false, reason });
  }
  expect(await check(`Bearer ${await tokenOf({ ...claims, nbf: seconds + 60, exp: seconds - 59 })}`)).toEqual({
    ok: true,
  });
});

test("refuses further claims that are not as expected", async () => {
  const choice = { ...scheme, claims: { email: "pubsub@example.com", email_verified: true } };
  const right = await tokenOf({ ...claims, email: "pubsub@example.com", email_verified: true });
  expect(await check(`Bearer ${right}`, choice)).toEqual({ ok: true });
  for (const email_verified of [false, "true", undefined]) {
    const token = await tokenOf({ ...claims, email: "pubsub@example.com", email_verified });
    expect(await check(`Bearer ${token}`, choice)).toMatchObject({ reason: "token_rejected" });
  }
});

test("refuses algorithms that are not listed: none, and HMAC with the public key as its secret", async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const none = `${part({ alg: "none", kid: "r1" })}.${part(claims)}.`;
  const confused = `${part({ alg: "HS256", kid: "r1" })}.${part(claims)}`;
  const spki = await exportSPKI(rsa.publicKey);
  const forged = `${confused}.${createHmac("sha256", spki).update(confused).digest("base64url")}`;
  for (const token of [none, `${none}AA`, forged]) expect(await check(`Bearer ${token}`)).toMatchObject({ ok: false });
  const token = await tokenOf(claims);
  expect(await check(`Bearer ${token}`, { algorithms: ["ES256"] })).toMatchObject({ reason: "token_rejected" });
});

test("refuses a token of a stranger's key, a changed one, and anything that is no token", async () => {
  const strange = await tokenOf(claims, "r1", stranger.privateKey);
  expect(await check(`Bearer ${strange}`)).toMatchObject({ reason: "signature_mismatch" });
  const [head, , signature] = (await tokenOf(claims)).split(".");
  const payload = Buffer.from(JSON.stringify({ ...claims, sub: "admin" })).toString("base64url");
  expect(await check(`Bearer ${head}.${payload}.${signature}`)).toMatchObject({ reason: "signature_mismatch" });
  for (const text of ["Bearer", "Bearer a.b", "Bearer a.b.c", "Basic YTpi", "Bearer a.b.c.d.e"])
    expect(await check(text)).toMatchObject({ ok: false, reason: "token_malformed" });
  expect(await check(undefined)).toMatchObject({ reason: "header_missing" });
});

test("refuses while the keys cannot be fetched or read, and without a way to fetch them", async () => {
  const token = `Bearer ${await tokenOf(claims)}`;
  for (const answer of [null, {}, { keys: [] }, { keys: [{}] }, "<html>", { keys: "x" }])
    expect(
      await check(
        token,
        {},
        createJwksCache(async () => answer),
      ),
    ).toMatchObject({ reason: "keys_unavailable" });
  const down = createJwksCache(() => Promise.reject(new Error("unreachable")));
  expect(await check(token, {}, down)).toMatchObject({ reason: "keys_unavailable" });
  const request = { ...unsigned("{}"), headers: [["Authorization", token]] as const };
  expect(await verify({ scheme, secrets: [], request, now })).toMatchObject({ reason: "keys_unavailable" });
});

test("asks for the keys once, again when a token names a new one, and not for every made-up name", async () => {
  let published: object[] = [ecJwk];
  let fetched = 0;
  let nowMs = 0;
  const jwks = createJwksCache(
    async () => {
      fetched++;
      return { keys: published };
    },
    () => nowMs,
  );
  const at = async (ms: number, kid = "r1") => {
    nowMs = ms;
    const request = {
      ...unsigned("{}"),
      headers: [["Authorization", `Bearer ${await tokenOf(claims, kid)}`]] as const,
    };
    return verify({ scheme, secrets: [], request, now, jwks });
  };
  const together = await Promise.all([at(0), at(0), at(0)]);
  expect(together.map((verdict) => verdict.ok)).toEqual([false, false, false]);
  expect(fetched).toBe(1);
  published = [ecJwk, rsaJwk];
  expect(await at(29_999)).toMatchObject({ reason: "token_rejected" });
  expect(await at(30_000)).toEqual({ ok: true });
  for (let index = 0; index < 20; index++) await at(31_000, `made-up-${index}`);
  expect(fetched).toBe(2);
});

test("does not ask a second time while a slow answer is on its way", async () => {
  let fetched = 0;
  let arrive = (_keys: object) => {};
  const answer = new Promise<object>((resolve) => {
    arrive = resolve;
  });
  let nowMs = 0;
  const jwks = createJwksCache(
    () => {
      fetched++;
      return answer;
    },
    () => nowMs,
  );
  const first = jwks.find(scheme.jwksUrl);
  nowMs = 60_000;
  const asked = [first, jwks.find(scheme.jwksUrl), jwks.find(scheme.jwksUrl, "newer")];
  arrive({ keys: [rsaJwk] });
  expect((await Promise.all(asked)).every((set) => set !== undefined)).toBe(true);
  expect(fetched).toBe(1);
});

test("keeps the last keys for an hour while the provider is away, and no longer", async () => {
  let isUp = true;
  let nowMs = 0;
  const jwks = createJwksCache(
    async () => (isUp ? { keys: [rsaJwk] } : Promise.reject(new Error("down"))),
    () => nowMs,
  );
  const token = `Bearer ${await tokenOf(claims)}`;
  const request = { ...unsigned("{}"), headers: [["Authorization", token]] as const };
  const at = (ms: number) => {
    nowMs = ms;
    return verify({ scheme, secrets: [], request, now, jwks }).then((verdict) => verdict.ok);
  };
  expect(await at(0)).toBe(true);
  isUp = false;
  expect(await at(3_599_999)).toBe(true);
  expect(await at(3_600_000)).toBe(false);
  isUp = true;
  expect(await at(3_700_000)).toBe(true);
});

test("answers from the keys that it has while a slow provider is asked for newer ones", async () => {
  let nowMs = 0;
  let arrive = (_keys: object) => {};
  const jwks = createJwksCache(
    () =>
      nowMs === 0
        ? Promise.resolve({ keys: [rsaJwk] })
        : new Promise((resolve) => {
            arrive = resolve;
          }),
    () => nowMs,
  );
  const first = await jwks.find(scheme.jwksUrl);
  nowMs = 600_000;
  expect(await jwks.find(scheme.jwksUrl)).toBe(first);
  const newer = jwks.find(scheme.jwksUrl, "newer");
  arrive({ keys: [rsaJwk, ecJwk] });
  expect(await newer).not.toBe(first);
  expect(await jwks.find(scheme.jwksUrl)).toBe(await newer);
});

test("keeps nobody waiting for a provider that does not answer, and has its keys once it does", async () => {
  let arrive = (_keys: object) => {};
  const answer = new Promise<object>((resolve) => {
    arrive = resolve;
  });
  const jwks = createJwksCache(() => answer, undefined, 20);
  expect(await check(`Bearer ${await tokenOf(claims)}`, {}, jwks)).toMatchObject({ reason: "keys_unavailable" });
  arrive({ keys: [rsaJwk] });
  expect(await check(`Bearer ${await tokenOf(claims)}`, {}, jwks)).toEqual({ ok: true });
});
