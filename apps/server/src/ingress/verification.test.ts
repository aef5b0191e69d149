import { createHmac, generateKeyPairSync } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type PresetName, presetNames, presets, type Verification } from "@millrace/automation";
import { startStubServer } from "@millrace/testing";
import { sign } from "@millrace/webhooks";
import { exportJWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asJson, type Hook, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await openTestIngress();
});
afterAll(() => ingress.close());

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const pem = ({ privateKey }: typeof ed25519) => privateKey.export({ format: "pem", type: "pkcs8" }).toString();
const spki = ({ publicKey }: typeof ed25519) => publicKey.export({ format: "pem", type: "spki" }).toString();
const padded = `whsec_${Buffer.from("a signing key of some length").toString("base64")}`;

function keysOf(preset: PresetName): { signing: string; stored: string } {
  if (preset === "discord") return { signing: pem(ed25519), stored: spki(ed25519) };
  if (preset === "sendgrid") return { signing: pem(p256), stored: spki(p256) };
  const { scheme } = presets[preset];
  const isEncoded = scheme.scheme === "hmac" && scheme.secretEncoding === "base64";
  return isEncoded ? { signing: padded, stored: padded } : { signing: `${preset} secret`, stored: `${preset} secret` };
}

const body = JSON.stringify({
  ...{ id: "evt_1", event_id: "Ev1", event: "invitee.created", created_at: "2026-03-01T11:59:59Z" },
  payload: { uri: "https://api.calendly.com/invitees/1" },
});

/** What the provider would send to this URL; signed for the public URL, as the provider knows it. */
function signedFor(preset: PresetName, secret: string, hook: Hook, id: string) {
  const isForm = preset === "twilio";
  const text = isForm ? "Body=Hello&MessageSid=SM1" : body.replace("evt_1", id).replace("Ev1", id);
  const type = isForm ? "application/x-www-form-urlencoded" : "application/json";
  const url = `https://hooks.example.com/hooks/${hook.token}?tenant=7`;
  const request = { method: "POST", url, headers: [["Content-Type", type] as const], body: Buffer.from(text) };
  const signed = sign({ preset, secret, request, now: ingress.clock.now(), id });
  if (!signed.ok) throw new Error(signed.message);
  const headers = Object.fromEntries([["content-type", type], ...signed.headers]);
  return { target: signed.url.slice("https://hooks.example.com".length), headers, body: text };
}

const generic = { type: "urn:millrace:not_verified", status: 401, code: "not_verified" };

describe.each(presetNames)("a webhook of %s", (preset) => {
  test("is taken when it was signed with the stored secret, and refused in every way in which it was not", async () => {
    const { signing, stored } = keysOf(preset);
    const name = `${preset} secret`;
    const connectionId = await ingress.addSecret(name, stored);
    const hook = await ingress.publish({ verify: { preset, secret: name } });
    const send = ({ target, ...request }: ReturnType<typeof signedFor>) => ingress.send(target, request);
    const good = () => signedFor(preset, signing, hook, "id_1");
    expect(await send(good())).toMatchObject({ status: 202 });

    const refusals: [string, () => Promise<unknown>][] = [
      ["no header", () => ingress.send(good().target, { body, headers: asJson() })],
      ["another body", () => send({ ...good(), body: `${good().body} ` })],
    ];
    for (const [what, attempt] of refusals) expect([what, await attempt()]).toMatchObject([what, { status: 401 }]);

    const withSealed = async (change: string, ...values: unknown[]) => {
      await ingress.rows(`UPDATE connections SET ${change} WHERE id = $1`, connectionId, ...values);
      ingress.moveClock(3_000); // past every cache
      const { status, json } = await send(good());
      expect({ change, status, json }).toEqual({
        change,
        status: 401,
        json: { ...generic, detail: expect.any(String) },
      });
      return String((await ingress.deliveries(hook)).at(-1)?.reason);
    };
    const [sealed] = await ingress.rows("SELECT sealed_json FROM connections WHERE id = $1", connectionId);
    expect(await withSealed("version = version + 1")).toContain("can't be opened");
    expect(await withSealed("version = version - 1, sealed_json = $2", "{}")).toContain("can't be opened");
    expect(await withSealed("sealed_json = $2", "not JSON")).toContain("can't be opened");
    await ingress.rows("UPDATE connections SET sealed_json = $2 WHERE id = $1", connectionId, sealed.sealed_json);
    for (const secret of ["", "   "]) {
      const update = { workspaceId: ingress.workspaceId, id: connectionId, credential: { secret }, plainFields: [] };
      await ingress.connections.updateCredential(update);
      ingress.moveClock(3_000);
      expect((await send(good())).status).toBe(401);
    }
    await ingress.connections.remove(ingress.workspaceId, connectionId);
    ingress.moveClock(3_000);
    const { status, text } = await send(good());
    expect([status, text.includes(name)]).toEqual([401, false]);
    expect((await ingress.deliveries(hook)).at(-1)?.reason).toContain(`no webhook signing secret named ${name}`);

    expect(await ingress.runs(hook)).toHaveLength(1);
    expect((await ingress.deliveries(hook)).map(({ verdict }) => verdict)).toEqual([
      "accepted",
      ...Array.from({ length: 8 }, () => "rejected"),
    ]);
  });
});

test("a secret that was never stored refuses everything, an empty signature key included", async () => {
  const hook = await ingress.publish({ verify: { preset: "github", secret: "half-done" } });
  const signature = `sha256=${createHmac("sha256", "").update(body).digest("hex")}`;
  const answers = [
    await ingress.send(hook.token, { body, headers: asJson() }),
    await ingress.send(hook.token, { body, headers: asJson({ "x-hub-signature-256": signature }) }),
    await ingress.send(hook.token, { body, headers: asJson({ "x-hub-signature-256": "sha256=" }) }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect(await ingress.runs(hook)).toEqual([]);
});

test("another service's credential of the same name verifies nothing", async () => {
  const { workspaceId } = ingress;
  const credential = { secret: "shared", scheme: "bearer", origins: "https://api.example.com" };
  await ingress.connections.create({ workspaceId, connectorId: "http", name: "shared", credential, plainFields: [] });
  const hook = await ingress.publish({ verify: { scheme: "bearer", secret: "shared" } });
  expect(await ingress.send(hook.token, { headers: { authorization: "Bearer shared" } })).toMatchObject({
    status: 401,
  });
  expect(await ingress.runs(hook)).toEqual([]);
});

test("what was withdrawn is noticed although the clock was set back", async () => {
  const id = await ingress.addSecret("withdrawn", "s");
  const hook = await ingress.publish({ verify: { scheme: "bearer", secret: "withdrawn" } });
  const open = await ingress.publish();
  const statuses = async () => [
    (await ingress.send(hook.token, { headers: { authorization: "Bearer s" } })).status,
    (await ingress.send(open.token)).status,
  ];
  expect(await statuses()).toEqual([202, 202]);
  ingress.setClockBack(3_600_000);
  await ingress.connections.remove(ingress.workspaceId, id);
  await ingress.rows("UPDATE automations SET enabled = false WHERE id = $1", open.automationId);
  ingress.moveClock(3_000);
  expect(await statuses()).toEqual([401, 409]);
  ingress.setClockBack(-3_600_000);
});

test("the sender hears that it was refused, and the owner hears why", async () => {
  await ingress.addSecret("told", "the right one");
  const hook = await ingress.publish({ verify: { scheme: "header", header: "X-Token", secret: "told" } });
  const { status, json } = await ingress.send(hook.token, { headers: { "x-token": "a wrong one" } });
  expect({ status, json }).toEqual({
    status: 401,
    json: { ...generic, detail: "This request could not be verified." },
  });
  const [delivery] = await ingress.deliveries(hook);
  expect(delivery).toMatchObject({ verdict: "rejected", answer_status: 401, answer_body: JSON.stringify(json) });
  expect(delivery?.reason).toBe("The secret in X-Token is not the one that is stored here.");
  expect(JSON.stringify(delivery)).not.toContain("the right one");
});

test("the preset's own id makes one run of two deliveries, unless the trigger says otherwise", async () => {
  await ingress.addSecret("once", "s");
  const sign256 = (text: string) => `sha256=${createHmac("sha256", "s").update(text).digest("hex")}`;
  const post = (hook: Hook, text: string, id: string) =>
    ingress.send(hook.token, {
      body: text,
      headers: asJson({ "x-hub-signature-256": sign256(text), "x-github-delivery": id }),
    });
  const byPreset = await ingress.publish({ verify: { preset: "github", secret: "once" } });
  const first = await post(byPreset, "{}", "d1");
  expect(await post(byPreset, "{}", "d1")).toMatchObject({
    status: 200,
    json: { duplicate: true, runId: first.json.runId },
  });
  expect(await post(byPreset, "{}", "d2")).toMatchObject({ status: 202 });
  const byBody = await ingress.publish({
    verify: { preset: "github", secret: "once" },
    dedupe: "{{ trigger.body.id }}",
  });
  await post(byBody, '{"id":"7"}', "d1");
  expect(await post(byBody, '{"id":"7"}', "d2")).toMatchObject({ status: 200, json: { duplicate: true } });
});

test("what was sent packed is verified as it was sent, and opened after", async () => {
  await ingress.addSecret("packed", "s");
  const packed = gzipSync('{"name":"Ada"}');
  const signed = (bytes: Buffer | string) => `sha256=${createHmac("sha256", "s").update(bytes).digest("hex")}`;
  const hook = await ingress.publish({ verify: { preset: "github", secret: "packed" } });
  const post = (signature: string) =>
    ingress.send(hook.token, {
      body: packed,
      headers: asJson({ "content-encoding": "gzip", "x-hub-signature-256": signature }),
    });
  expect(await post(signed(packed))).toMatchObject({ status: 202 });
  expect(await post(signed('{"name":"Ada"}'))).toMatchObject({ status: 401 });
  const events = await ingress.rows(
    "SELECT e.body FROM events e JOIN deliveries d ON d.event_id = e.id WHERE d.automation_id = $1 ORDER BY e.id",
    hook.automationId,
  );
  expect(events[0].body.toString()).toBe('{"name":"Ada"}');
  expect(events[1].body.equals(packed)).toBe(true);
});

test("two packed deliveries of one event are one run, by the id in the body", async () => {
  await ingress.addSecret("packed twice", "s");
  const hook = await ingress.publish({ verify: { preset: "slack", secret: "packed twice" } });
  const packed = gzipSync('{"type":"event_callback","event_id":"Ev7"}');
  const timestamp = String(Math.floor(ingress.clock.now().getTime() / 1_000));
  const signature = createHmac("sha256", "s").update(`v0:${timestamp}:`).update(packed).digest("hex");
  const headers = asJson({ "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${signature}` });
  const post = () => ingress.send(hook.token, { body: packed, headers: { ...headers, "content-encoding": "gzip" } });
  const first = await post();
  expect(first.status).toBe(202);
  expect(await post()).toMatchObject({ status: 200, json: { duplicate: true, runId: first.json.runId } });
});

test("an unknown packing is refused before anything of the body is read", async () => {
  const hook = await ingress.publish({ verify: { preset: "github", secret: "packed" } });
  const headers = asJson({ "content-encoding": "br" });
  expect((await ingress.send(hook.token, { body: Buffer.alloc(2_000_000), headers })).status).toBe(415);
});

test("a token is checked against the key set of its issuer, which is fetched once", async () => {
  const keys = await startStubServer();
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  keys.answerWith(() => ({ json: JSON.parse(JSON.stringify({ keys: [jwk] })) }));
  const verify: Verification = {
    ...{ scheme: "jwt", jwksUrl: `${keys.url}/jwks`, issuer: "https://issuer.example", audience: "millrace" },
    algorithms: ["RS256"],
  };
  const hook = await ingress.publish({ verify });
  const token = (audience: string) =>
    new SignJWT({})
      .setProtectedHeader({ alg: "RS256", kid: "k1" })
      .setIssuer("https://issuer.example")
      .setAudience(audience)
      .setExpirationTime(Math.floor(ingress.clock.now().getTime() / 1_000) + 60)
      .sign(privateKey);
  const post = async (audience: string) =>
    (await ingress.send(hook.token, { headers: { authorization: `Bearer ${await token(audience)}` } })).status;
  try {
    expect([await post("millrace"), await post("millrace"), await post("somebody else")]).toEqual([202, 202, 401]);
    expect(keys.requests).toHaveLength(1);
  } finally {
    await keys.close();
  }
});
