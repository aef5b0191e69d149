import {
  presetNames,
  presets,
  presetsWithoutTimestamp,
  presetsWithVerifyToken,
  verificationScheme,
} from "@millrace/automation";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headerOf, keysFor, now, signed, signedBy, unsigned, withHeader } from "./signed-request.fixture.ts";
import { verify } from "./verify.ts";
import type { WebhookRequest } from "./webhook-request.ts";

const expectedKeys: Record<(typeof presetNames)[number], string | RegExp | undefined> = {
  standardWebhooks: "msg_1",
  stripe: "evt_1",
  github: "msg_1",
  slack: "Ev1",
  shopify: "msg_1",
  twilio: "msg_1",
  sendgrid: /^sha256:[0-9a-f]{64}$/,
  svix: "msg_1",
  calendly: /^sha256:[0-9a-f]{64}$/,
  typeform: "Ev1",
  hubspot: /^sha256:[0-9a-f]{64}$/,
  intercom: "evt_1",
  discord: "evt_1",
  meta: /^sha256:[0-9a-f]{64}$/,
  zoom: /^sha256:[0-9a-f]{64}$/,
  dropbox: undefined,
};

function flipped<Bytes extends Uint8Array>(bytes: Bytes, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = (bit >> 3) % copy.length;
  copy[index] = (copy[index] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

const flippedText = (text: string, bit: number): string => flipped(Buffer.from(text, "latin1"), bit).toString("latin1");

describe.each(presetNames)("%s", (name) => {
  const { scheme } = presets[name];
  const check = (request: WebhookRequest, secrets: string[], at = now) =>
    verify({ preset: name, secrets, request, now: at });

  test("accepts what it signs, and finds the delivery's id", async () => {
    const { request, secrets } = signedBy(name);
    const verdict = await check(request, secrets);
    expect(verdict).toMatchObject({ ok: true, keyIndex: 0 });
    const key = verdict.ok ? verdict.dedupeKey : undefined;
    const expected = expectedKeys[name];
    if (expected instanceof RegExp) expect(key).toMatch(expected);
    else expect(key).toBe(expected);
  });

  test("accepts any body it signs, and an empty one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (body) => {
        const keys = keysFor(name);
        const request = signed({ preset: name }, keys.signing, unsigned(body));
        expect(await check(request, [keys.verifying])).toMatchObject({ ok: true });
      }),
      { numRuns: 30 },
    );
  });

  test("refuses any single changed bit of the body, the signature or the time", async () => {
    const { request, secrets } = signedBy(name);
    const timeHeader = scheme.timestamp?.header;
    const signature = headerOf(request, scheme.header);
    await fc.assert(
      fc.asyncProperty(fc.nat(100_000), async (bit) => {
        const changed = [
          { ...request, body: flipped(request.body, bit) },
          withHeader(request, scheme.header, flippedText(signature, bit)),
          ...(timeHeader ? [withHeader(request, timeHeader, flippedText(headerOf(request, timeHeader), bit))] : []),
        ];
        for (const other of changed) expect(await check(other, secrets)).toMatchObject({ ok: false });
      }),
      { numRuns: 200 },
    );
  });

  test("refuses everything while it is not set up: no secret, an empty one, one that cannot be read", async () => {
    const { request } = signedBy(name);
    expect(await check(request, [])).toMatchObject({ ok: false, reason: "secret_missing" });
    for (const secret of ["", " ", "\n\t"])
      expect(await check(request, [secret])).toMatchObject({ ok: false, reason: "secret_missing" });
    for (const secret of ["whsec_", "\u0000", "-----BEGIN PUBLIC KEY-----", "null", "undefined", "[object Object]"])
      expect(await check(request, [secret])).toMatchObject({ ok: false });
  });

  test("refuses a request that was signed with an empty key", async () => {
    const { createHmac } = await import("node:crypto");
    const { request } = signedBy(name);
    const digest = createHmac("sha256", "").update(request.body).digest("hex");
    const forged = withHeader(request, scheme.header, `${scheme.prefix ?? ""}${digest}`);
    for (const secrets of [[], [""], [" "], ["whsec_"]])
      expect(await check(forged, secrets)).toMatchObject({ ok: false });
  });

  test("refuses a request without, with an empty, a repeated or a meaningless header, and names the header", async () => {
    const { request, secrets } = signedBy(name);
    const headers = [scheme.header, scheme.timestamp?.header, scheme.idHeader].filter((header) => header !== undefined);
    for (const header of headers) {
      const missing = await check(withHeader(request, header, undefined), secrets);
      expect(missing).toMatchObject({ ok: false, reason: "header_missing", message: expect.stringContaining(header) });
      expect(await check(withHeader(request, header, " "), secrets)).toMatchObject({ reason: "header_missing" });
      const twice = { ...request, headers: [...request.headers, [header.toUpperCase(), headerOf(request, header)]] };
      expect(await check(twice as WebhookRequest, secrets)).toMatchObject({ ok: false, reason: "header_repeated" });
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200, unit: "binary" }), async (garbage) => {
        for (const header of headers)
          expect(await check(withHeader(request, header, garbage), secrets)).toMatchObject({ ok: false });
      }),
      { numRuns: 50 },
    );
  });

  test("refuses a signature of the wrong length or in another encoding", async () => {
    const { request, secrets } = signedBy(name);
    const value = headerOf(request, scheme.header);
    for (const other of [
      value.slice(0, -2),
      `${value}00`,
      `${value}=`,
      `${value} `.repeat(200),
      Buffer.from(value).toString("hex"),
    ])
      expect(await check(withHeader(request, scheme.header, other), secrets)).toMatchObject({ ok: false });
  });

  test("never tells the secret or the expected signature", async () => {
    const { request, secrets } = signedBy(name);
    const other = { ...request, body: Buffer.from("Body=Other") };
    const expected = headerOf(signed({ preset: name }, keysFor(name).signing, unsigned(other.body)), scheme.header);
    for (const wrong of [
      other,
      withHeader(request, scheme.header, undefined),
      withHeader(request, scheme.header, "x"),
    ]) {
      const verdict = await check(wrong, secrets);
      const message = verdict.ok ? "" : verdict.message;
      expect(message).toMatch(/\.$/);
      for (const secret of [...secrets, expected]) expect(message).not.toContain(secret);
    }
  });

  if (scheme.timestamp) {
    test("takes a time up to its tolerance from ours, and not a second more", async () => {
      const { request, secrets } = signedBy(name);
      const tolerance = scheme.toleranceSeconds ?? 0;
      const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
      for (const seconds of [tolerance, -tolerance])
        expect(await check(request, secrets, later(seconds))).toMatchObject({ ok: true });
      expect(await check(request, secrets, later(tolerance + 1))).toMatchObject({ reason: "timestamp_too_old" });
      expect(await check(request, secrets, later(-tolerance - 1))).toMatchObject({ reason: "timestamp_in_future" });
    });
  }
});

test("every preset is a valid scheme, so that it can be the start of one's own", () => {
  for (const name of presetNames) expect(verificationScheme.parse(presets[name].scheme)).toEqual(presets[name].scheme);
});

test("what the schema says about presets agrees with the presets", () => {
  expect(Object.keys(presets)).toEqual([...presetNames]);
  expect(presetNames.filter((name) => !presets[name].scheme.timestamp)).toEqual([...presetsWithoutTimestamp]);
  const withToken = presetNames.filter((name) => presets[name].handshakes.some(({ kind }) => kind === "verifyToken"));
  expect(withToken).toEqual([...presetsWithVerifyToken]);
  for (const name of presetNames) expect(presets[name].docs).toMatch(/^https:\/\//);
});
