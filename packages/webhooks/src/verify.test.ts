import { generateKeyPairSync } from "node:crypto";
import type { VerificationScheme } from "@millrace/automation";
import { describe, expect, test } from "vitest";
import { bodyFor, headerOf, keysFor, now, signed, signedBy, unsigned, withHeader } from "./signed-request.fixture.ts";
import { verify } from "./verify.ts";
import type { WebhookRequest } from "./webhook-request.ts";

const plain = unsigned("{}");
const check = (scheme: VerificationScheme, request: WebhookRequest, secrets: string[]) =>
  verify({ scheme, secrets, request, now });

describe("secrets that are being rotated", () => {
  test("any of them will do, and the verdict says which", async () => {
    const { request, secrets } = signedBy("github");
    const input = { preset: "github", request, now } as const;
    expect(await verify({ ...input, secrets: ["new", ...secrets] })).toMatchObject({ ok: true, keyIndex: 1 });
    expect(await verify({ ...input, secrets: ["", ...secrets] })).toMatchObject({ ok: true, keyIndex: 1 });
    expect(await verify({ ...input, secrets: ["new", "newer"] })).toMatchObject({ reason: "signature_mismatch" });
  });

  test("any of several signatures will do", async () => {
    for (const [preset, header, between] of [
      ["standardWebhooks", "Webhook-Signature", " "],
      ["stripe", "Stripe-Signature", ","],
    ] as const) {
      const { request, secrets } = signedBy(preset);
      const value = headerOf(request, header);
      const other = preset === "stripe" ? `v0=00${between}v1=${"0".repeat(64)}` : `v1a,xx${between}v1,xx`;
      const input = { preset, secrets, now };
      const both = withHeader(request, header, `${value}${between}${other}`);
      expect(await verify({ ...input, request: both })).toMatchObject({ ok: true });
      const only = withHeader(request, header, other);
      expect(await verify({ ...input, request: only })).toMatchObject({ ok: false });
    }
  });

  test("a time that is there twice is refused", async () => {
    const { request, secrets } = signedBy("stripe");
    const twice = withHeader(request, "Stripe-Signature", `t=1,${headerOf(request, "Stripe-Signature")}`);
    const verdict = await verify({ preset: "stripe", secrets, request: twice, now });
    expect(verdict).toMatchObject({ ok: false, reason: "timestamp_malformed" });
  });

  test("a stored secret with a line break at its end is named as a likely cause", async () => {
    const { request, secrets } = signedBy("github");
    const verdict = await verify({ preset: "github", secrets: [`${secrets[0]}\n`], request, now });
    expect(verdict).toMatchObject({ reason: "signature_mismatch", message: expect.stringContaining("line break") });
  });
});

test("a time that is no whole number is refused, and a tolerance that is none allows nothing", async () => {
  const { request, secrets } = signedBy("slack");
  for (const time of ["now", "1e9", "0x10", "-1", "1.5", "01", "9".repeat(16), "٣", "1772366400 "]) {
    const other = withHeader(request, "X-Slack-Request-Timestamp", time);
    const verdict = await verify({ preset: "slack", secrets, request: other, now });
    expect(verdict).toMatchObject({ ok: false, reason: "timestamp_malformed" });
  }
  for (const toleranceSeconds of [Number.NaN, -1])
    expect(await verify({ preset: "slack", secrets, request, now, toleranceSeconds })).toMatchObject({ ok: false });
});

describe("shared secrets", () => {
  const secret = "user:pässword";
  const schemes: VerificationScheme[] = [
    { scheme: "header", header: "X-Token" },
    { scheme: "header", header: "X-Token", prefix: "Token " },
    { scheme: "basic" },
    { scheme: "bearer" },
  ];

  test.each(schemes)("%o takes its own secret and nothing else", async (scheme) => {
    const known = scheme.scheme === "basic" ? secret : "a-token";
    const request = signed({ scheme }, known, plain);
    expect(await check(scheme, request, ["other:one", known])).toEqual({ ok: true, keyIndex: 1 });
    const header = "header" in scheme ? (scheme.header ?? "") : "Authorization";
    const value = headerOf(request, header);
    for (const wrong of ["", "x", `${value}x`, value.slice(1), `${value},${value}`, "Basic", "Bearer ", "Basic !!!!"])
      expect(await check(scheme, withHeader(request, header, wrong), [known])).toMatchObject({ ok: false });
    for (const secrets of [[], [""], [" "]])
      expect(await check(scheme, request, secrets)).toMatchObject({ reason: "secret_missing" });
    expect(await check(scheme, plain, [known])).toMatchObject({ reason: "header_missing" });
  });

  test("an empty credential does not match an empty secret", async () => {
    const empty = withHeader(plain, "Authorization", "Basic Og==");
    expect(await check({ scheme: "basic" }, empty, [""])).toMatchObject({ ok: false });
    expect(await check({ scheme: "basic" }, empty, ["nocolon"])).toMatchObject({ reason: "secret_unusable" });
  });
});

describe("public keys", () => {
  const pem = (key: ReturnType<typeof generateKeyPairSync>["privateKey"]) =>
    key.export({ format: "pem", type: "pkcs8" }).toString();
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const small = generateKeyPairSync("rsa", { modulusLength: 1_024 });
  const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const otherCurve = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const ed = generateKeyPairSync("ed25519");
  const schemeOf = (algorithm: "ed25519" | "ecdsaP256Sha256" | "rsaSha256" | "rsaPssSha256") =>
    ({ scheme: "publicKey", algorithm, header: "X-Sig", encoding: "base64url", content: "{body}" }) as const;

  test.each([
    [schemeOf("ed25519"), ed],
    [schemeOf("ecdsaP256Sha256"), ec],
    [{ ...schemeOf("ecdsaP256Sha256"), signatureFormat: "ieeeP1363" } as const, ec],
    [schemeOf("rsaSha256"), rsa],
    [schemeOf("rsaPssSha256"), rsa],
  ])("%o verifies with its own kind of key only", async (scheme, pair) => {
    const request = signed({ scheme }, pem(pair.privateKey), unsigned("{}"));
    const pub = (key: typeof rsa.publicKey) => key.export({ format: "pem", type: "spki" }).toString();
    expect(await check(scheme, request, [pub(pair.publicKey)])).toEqual({ ok: true, keyIndex: 0 });
    expect(await check(scheme, { ...request, body: Buffer.from("[]") }, [pub(pair.publicKey)])).toMatchObject({
      reason: "signature_mismatch",
    });
    const others = [rsa, ec, ed, small, otherCurve].filter((other) => other !== pair);
    for (const other of others)
      expect(await check(scheme, request, [pub(other.publicKey)])).toMatchObject({ reason: "secret_unusable" });
    const verdict = await check(scheme, request, [pem(pair.privateKey)]);
    expect(verdict).toMatchObject({ reason: "secret_unusable", message: expect.stringContaining("private key") });
  });
});

describe("Twilio", () => {
  const secrets = [keysFor("twilio").verifying];
  const sign = (request: WebhookRequest) => signed({ preset: "twilio" }, secrets[0] ?? "", request);
  const judge = (request: WebhookRequest) => verify({ preset: "twilio", secrets, request, now });
  const form = "application/x-www-form-urlencoded";

  test("the URL may have its port or not", async () => {
    const request = sign(unsigned(bodyFor("twilio"), form, "https://a.example.com/hooks/x"));
    const elsewhere = (url: string) => judge({ ...request, url });
    expect(await elsewhere("https://a.example.com:443/hooks/x")).toMatchObject({ ok: true });
    expect(await elsewhere("https://a.example.com:8443/hooks/x")).toMatchObject({ ok: true });
    expect(await elsewhere("https://b.example.com/hooks/x")).toMatchObject({ reason: "signature_mismatch" });
    expect(await elsewhere("https://a.example.com/hooks/x?y=1")).toMatchObject({ reason: "signature_mismatch" });
  });

  test("a JSON body is covered by the hash in the URL, whatever type it claims", async () => {
    const request = sign(unsigned('{"a":1}'));
    expect(request.url).toContain("bodySHA256=");
    expect(await judge(request)).toMatchObject({ ok: true });
    const changed = { ...request, body: Buffer.from("a=1") };
    expect(await judge(withHeader(changed, "Content-Type", form))).toMatchObject({ reason: "signature_mismatch" });
  });

  test("a body that nothing covers is refused, though the URL is signed", async () => {
    const request = sign(unsigned(""));
    expect(await judge(request)).toMatchObject({ ok: true });
    expect(await judge({ ...request, body: Buffer.from('{"a":1}') })).toMatchObject({ reason: "body_unsigned" });
    const noType = withHeader({ ...request, body: Buffer.from("a=1") }, "Content-Type", undefined);
    expect(await judge(noType)).toMatchObject({ reason: "body_unsigned" });
  });

  test("a form that is not well formed is refused, because different bytes would read the same", async () => {
    for (const body of ["a=%ff", "a=%", "a=\u00ff", "a=\n"]) {
      const request = withHeader(unsigned(body, form), "X-Twilio-Signature", `${"A".repeat(27)}=`);
      expect(await judge(request)).toMatchObject({ reason: "body_unreadable" });
    }
  });
});

test("HubSpot signs the URL with some characters decoded", async () => {
  const url = "https://hooks.example.com/hooks/a?at=10%3A30%2c&q=%C3%A9";
  const scheme = { preset: "hubspot" } as const;
  const [secret = ""] = [keysFor("hubspot").signing];
  const request = signed(scheme, secret, unsigned("[]", "application/json", url));
  const sameUrl = "https://hooks.example.com/hooks/a?at=10:30,&q=%C3%A9";
  const input = { ...scheme, secrets: [secret], now };
  expect(await verify({ ...input, request })).toMatchObject({ ok: true });
  expect(await verify({ ...input, request: { ...request, url: sameUrl } })).toMatchObject({ ok: true });
  expect(await verify({ ...input, request: { ...request, url: `${sameUrl}x` } })).toMatchObject({ ok: false });
  expect(await verify({ ...input, request: { ...request, method: "PUT" } })).toMatchObject({ ok: false });
});

describe("allowed addresses", () => {
  const from = (sourceIp: string | null, allowFrom: string[]) =>
    verify({ preset: "none", secrets: [], request: { ...plain, sourceIp }, now, allowFrom });

  test("lets listed senders in and nobody else", async () => {
    const ranges = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"];
    for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "198.51.100.7"])
      expect(await from(address, ranges)).toEqual({ ok: true });
    for (const address of ["192.0.3.1", "2001:db9::1", "198.51.100.8", "", "unknown", null])
      expect(await from(address, ranges)).toMatchObject({ reason: "source_not_allowed" });
  });

  test("an empty list or one that cannot be read lets nobody in", async () => {
    expect(await from("192.0.2.1", [])).toMatchObject({ ok: false });
    expect(await from("192.0.2.1", ["everyone", "192.0.2.0/99"])).toMatchObject({ ok: false });
    const verdict = await verify({ scheme: { scheme: "addresses" }, secrets: [], request: plain, now });
    expect(verdict).toMatchObject({ reason: "source_not_allowed" });
  });

  test("are checked besides the signature, not instead of it", async () => {
    const { request, secrets } = signedBy("github");
    const input = { preset: "github", secrets, now, allowFrom: ["203.0.113.0/24"] } as const;
    expect(await verify({ ...input, request })).toMatchObject({ ok: true });
    expect(await verify({ ...input, request: { ...request, sourceIp: "192.0.2.1" } })).toMatchObject({ ok: false });
    expect(await verify({ ...input, request: { ...request, body: Buffer.from("x") } })).toMatchObject({ ok: false });
  });
});

describe("delivery ids", () => {
  const keyOf = async (preset: "stripe" | "shopify" | "hubspot", body: string, headers: [string, string][] = []) => {
    const secret = keysFor(preset).signing;
    const request = signed({ preset }, secret, unsigned(body));
    const verdict = await verify({
      preset,
      secrets: [secret],
      request: { ...request, headers: [...headers, ...request.headers] },
      now,
    });
    return verdict.ok ? verdict.dedupeKey : verdict.reason;
  };

  test("are short and printable, whatever the sender calls its events", async () => {
    expect(await keyOf("stripe", '{"id":17}')).toBe("17");
    for (const id of ["a\u0000b", "x".repeat(500), "a b", "\ud800"])
      expect(await keyOf("stripe", JSON.stringify({ id }))).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("are absent where there is none, or one that could be another's", async () => {
    const bodies = ['{"id":""}', '{"id":null}', '{"id":9007199254740993}', '{"id":{}}', "[]", "not json", ""];
    for (const body of [...bodies, '{"__proto__":{"id":"x"}}']) expect(await keyOf("stripe", body)).toBeUndefined();
  });

  test("stay the same when HubSpot tries again, and differ between events", async () => {
    const event = { subscriptionId: 1, eventId: 2, objectId: 3, occurredAt: 4, attemptNumber: 0 };
    const first = await keyOf("hubspot", JSON.stringify([event]));
    expect(await keyOf("hubspot", JSON.stringify([{ ...event, attemptNumber: 1 }]))).toBe(first);
    expect(await keyOf("hubspot", JSON.stringify([{ ...event, occurredAt: 5 }]))).not.toBe(first);
    expect(await keyOf("hubspot", JSON.stringify([event, event]))).not.toBe(first);
  });

  test("differ between the topics that Shopify sends for one event", async () => {
    const created = await keyOf("shopify", "{}", [["X-Shopify-Topic", "orders/create"]]);
    const paid = await keyOf("shopify", "{}", [["X-Shopify-Topic", "orders/paid"]]);
    expect(created).toMatch(/^sha256:/);
    expect(created).not.toBe(paid);
  });
});

test("settings that are not what the types promise refuse, and throw nothing", async () => {
  const { request } = signedBy("github");
  const broken = [
    { preset: "gitlab", secrets: ["x"] },
    { preset: "constructor", secrets: ["x"] },
    { preset: "github", secrets: [null] },
    { preset: "github" },
    { scheme: { scheme: "magic" }, secrets: ["x"] },
    { scheme: { scheme: "hmac", algorithm: "md5", header: "X", encoding: "hex", content: "{body}" }, secrets: ["x"] },
    { scheme: null, secrets: ["x"] },
    {},
  ];
  for (const input of broken) {
    const untyped: Parameters<typeof verify>[0] = JSON.parse(JSON.stringify({ ...input, now: 0 }));
    expect(await verify({ ...untyped, request, now })).toMatchObject({ ok: false });
  }
});
