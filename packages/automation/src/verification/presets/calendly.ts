import type { Preset } from "../preset.ts";

export const calendly: Preset = {
  title: "Calendly",
  docs: "https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures",
  secret: { title: "Signing key", where: "The signing_key given when the webhook subscription was created." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "hex",
    header: "Calendly-Webhook-Signature",
    layout: "pairs",
    key: "v1",
    content: "{timestamp}.{body}",
    timestamp: { pair: "t", format: "seconds" },
    toleranceSeconds: 180,
  },
  // There is no delivery id. The body says what happened to which invitee, and when.
  dedupe: [{ fields: ["event", "created_at", "payload.uri"], of: "body" }, { hash: "body" }],
  handshakes: [],
};
