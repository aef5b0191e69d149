import type { Preset } from "../preset.ts";

export const sendgrid: Preset = {
  title: "SendGrid",
  docs: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
  secret: { title: "Verification key", where: "Mail Settings, Event Webhook, Signed Event Webhook: a public key." },
  scheme: {
    scheme: "publicKey",
    algorithm: "ecdsaP256Sha256",
    encoding: "base64",
    header: "X-Twilio-Email-Event-Webhook-Signature",
    content: "{timestamp}{body}",
    timestamp: { header: "X-Twilio-Email-Event-Webhook-Timestamp", format: "seconds" },
    toleranceSeconds: 300,
  },
  // A request carries many events, each with an id of its own, so equal bodies are the same request.
  dedupe: [{ hash: "body" }],
  handshakes: [],
};
