import { createHmac } from "node:crypto";
import { type PresetName, presetNames, presets } from "@millrace/automation";
import { describe, expect, test } from "vitest";
import { type HandshakeInput, handshake } from "./index.ts";
import { hookUrl, keysFor, now, signed, signedBy, unsigned, withHeader } from "./signed-request.fixture.ts";

const ask = (preset: PresetName, body: object) =>
  signed({ preset }, keysFor(preset).signing, unsigned(JSON.stringify(body)));
const answer = (preset: PresetName, request: HandshakeInput["request"], more: Partial<HandshakeInput> = {}) =>
  handshake({ preset, request, secrets: [keysFor(preset).verifying], now, ...more });
const get = (query: string, method = "GET") => ({ ...unsigned(""), method, url: `${hookUrl}&${query}` });

describe.each([
  ["slack", { type: "url_verification", challenge: "3eZbrw1a" }, 200, "3eZbrw1a"],
  ["discord", { id: "1", type: 1 }, 200, '{"type":1}'],
  ["discord", { version: 1, type: 0 }, 204, ""],
  [
    "zoom",
    { event: "endpoint.url_validation", payload: { plainToken: "qgg8vlvZRS6UYooatFL8Aw" } },
    200,
    JSON.stringify({
      plainToken: "qgg8vlvZRS6UYooatFL8Aw",
      encryptedToken: createHmac("sha256", keysFor("zoom").signing).update("qgg8vlvZRS6UYooatFL8Aw").digest("hex"),
    }),
  ],
] as const)("%s asking %o", (preset, question, status, body) => {
  test("is answered once its signature is verified", async () => {
    const request = ask(preset, question);
    expect(await answer(preset, request)).toMatchObject({ ok: true, answer: { status, body } });
    const rotating = [`${keysFor(preset).verifying.slice(0, -1)}0`, keysFor(preset).verifying];
    expect(await answer(preset, request, { secrets: rotating })).toMatchObject({ ok: true, answer: { status, body } });
  });

  test("is refused without a signature, with a wrong one, too late, and while no secret is set", async () => {
    const request = ask(preset, question);
    const { header } = presets[preset].scheme;
    expect(await answer(preset, withHeader(request, header, undefined))).toMatchObject({ reason: "header_missing" });
    expect(await answer(preset, withHeader(request, header, "v0=00"))).toMatchObject({ ok: false });
    const late = new Date(now.getTime() + 301_000);
    expect(await answer(preset, request, { now: late })).toMatchObject({ reason: "timestamp_too_old" });
    for (const secrets of [[], [""]])
      expect(await answer(preset, request, { secrets })).toMatchObject({ reason: "secret_missing" });
    expect(await answer(preset, request, { allowFrom: ["192.0.2.1"] })).toMatchObject({ reason: "source_not_allowed" });
  });
});

test("a challenge that is no plain word is neither echoed nor hashed, signed or not", async () => {
  for (const challenge of ["<script>alert(1)</script>", "v0:1700000000:{}", "a b", "", "x".repeat(501), 7, null]) {
    const slack = ask("slack", { type: "url_verification", challenge });
    expect(await answer("slack", slack)).toMatchObject({ ok: false, reason: "body_unreadable" });
    const zoom = ask("zoom", { event: "endpoint.url_validation", payload: { plainToken: challenge } });
    expect(await answer("zoom", zoom)).toMatchObject({ ok: false, reason: "body_unreadable" });
  }
});

describe("Meta's question", () => {
  const question = (token: string, challenge = "1158201444") =>
    get(`hub.mode=subscribe&hub.challenge=${challenge}&hub.verify_token=${token}`);

  test("is answered to the verify token that the owner chose", async () => {
    const verifyTokens = ["old", "chosen"];
    expect(await answer("meta", question("chosen"), { verifyTokens })).toEqual({
      ok: true,
      answer: {
        status: 200,
        headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
        body: "1158201444",
      },
    });
    for (const token of ["other", "", "chosen2"])
      expect(await answer("meta", question(token), { verifyTokens })).toMatchObject({
        reason: "verify_token_mismatch",
      });
    expect(await answer("meta", question("chosen", "%3Cb%3E"), { verifyTokens })).toMatchObject({ ok: false });
  });

  test("is refused while no verify token or no app secret is set", async () => {
    for (const verifyTokens of [undefined, [], [""], [" "]])
      expect(await answer("meta", question(""), { verifyTokens })).toMatchObject({ reason: "secret_missing" });
    const unset = { verifyTokens: ["chosen"], secrets: [] };
    expect(await answer("meta", question("chosen"), unset)).toMatchObject({ reason: "secret_missing" });
  });
});

test("Dropbox hears its challenge, Intercom's HEAD an empty 200, once a secret is set", async () => {
  expect(await answer("dropbox", get("challenge=abc_DEF-1"))).toMatchObject({
    answer: { status: 200, body: "abc_DEF-1" },
  });
  expect(await answer("dropbox", get("challenge=%3Cscript%3E"))).toMatchObject({ ok: false });
  expect(await answer("intercom", get("", "HEAD"))).toMatchObject({ answer: { status: 200, body: "" } });
  for (const [preset, request] of [
    ["dropbox", get("challenge=abc")],
    ["intercom", get("", "HEAD")],
  ] as const)
    expect(await answer(preset, request, { secrets: [""] })).toMatchObject({ reason: "secret_missing" });
});

test("events are left to verify", async () => {
  for (const preset of presetNames) expect(await answer(preset, signedBy(preset).request)).toBeUndefined();
  expect(await handshake({ preset: "none", request: get("challenge=x"), secrets: [], now })).toBeUndefined();
  const event = ask("discord", { version: 1, type: 1, event: { type: "APPLICATION_AUTHORIZED" } });
  expect(await answer("discord", event)).toBeUndefined();
  expect(await answer("slack", { ...unsigned("not json") })).toBeUndefined();
});
