import { generateKeyPairSync } from "node:crypto";
import { type PresetName, presets } from "@millrace/automation";
import { type SchemeChoice, sign, type WebhookRequest } from "./index.ts";

export const now = new Date("2026-03-01T12:00:00Z");
export const hookUrl = "https://hooks.example.com/hooks/abc?tenant=7";

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const publicText = (key: typeof p256.publicKey) => key.export({ format: "der", type: "spki" }).toString("base64");
const privateText = (key: typeof p256.privateKey) => key.export({ format: "pem", type: "pkcs8" }).toString();

type Keys = { signing: string; verifying: string };

export function keysFor(preset: PresetName): Keys {
  if (preset === "discord") {
    const raw = ed25519.publicKey.export({ format: "der", type: "spki" }).subarray(12).toString("hex");
    return { signing: privateText(ed25519.privateKey), verifying: raw };
  }
  if (preset === "sendgrid") return { signing: privateText(p256.privateKey), verifying: publicText(p256.publicKey) };
  const { scheme } = presets[preset];
  const isEncoded = scheme.scheme === "hmac" && scheme.secretEncoding === "base64";
  const secret = isEncoded
    ? `whsec_${Buffer.from(`${preset} key of some length`).toString("base64")}`
    : `${preset}-key`;
  return { signing: secret, verifying: secret };
}

/** One body that has every provider's ids, so that each preset finds its own. */
const jsonBody = JSON.stringify({
  id: "evt_1",
  event_id: "Ev1",
  event: "invitee.created",
  created_at: "2026-03-01T11:59:59Z",
  payload: { uri: "https://api.calendly.com/invitees/1" },
});

export const bodyFor = (preset: PresetName): string => {
  if (preset === "twilio") return "Body=Hello&From=Ada&MessageSid=SM1";
  if (preset === "hubspot")
    return JSON.stringify([{ subscriptionId: 1, eventId: 2, objectId: 3, occurredAt: 4, attemptNumber: 0 }]);
  return jsonBody;
};

export function unsigned(body: string | Uint8Array, contentType = "application/json", url = hookUrl): WebhookRequest {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return { method: "POST", url, headers: [["Content-Type", contentType]], body: bytes, sourceIp: "203.0.113.7" };
}

export function signed(choice: SchemeChoice, secret: string, request: WebhookRequest, at = now): WebhookRequest {
  const result = sign({ ...choice, secret, request, now: at, id: "msg_1" });
  if (!result.ok) throw new Error(result.message);
  return { ...request, url: result.url, headers: [...request.headers, ...result.headers] };
}

export function signedBy(preset: PresetName, at = now): { request: WebhookRequest; secrets: string[] } {
  const keys = keysFor(preset);
  const contentType = preset === "twilio" ? "application/x-www-form-urlencoded" : "application/json";
  const request = signed({ preset }, keys.signing, unsigned(bodyFor(preset), contentType), at);
  return { request, secrets: [keys.verifying] };
}

export function withHeader(request: WebhookRequest, name: string, value: string | undefined): WebhookRequest {
  const others = request.headers.filter(([header]) => header.toLowerCase() !== name.toLowerCase());
  return { ...request, headers: value === undefined ? others : [...others, [name, value]] };
}

export const headerOf = (request: WebhookRequest, name: string): string =>
  request.headers.find(([header]) => header.toLowerCase() === name.toLowerCase())?.[1] ?? "";
