import type { Preset } from "../preset.ts";

export const standardWebhooks: Preset = {
  title: "Standard Webhooks",
  docs: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
  secret: { title: "Signing secret", where: "Starts with whsec_; the sender shows it with the endpoint." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "base64",
    header: "Webhook-Signature",
    layout: "tokens",
    key: "v1",
    content: "{id}.{timestamp}.{body}",
    idHeader: "Webhook-Id",
    timestamp: { header: "Webhook-Timestamp", format: "seconds" },
    toleranceSeconds: 300,
    secretPrefix: "whsec_",
    secretEncoding: "base64",
  },
  dedupe: [{ headers: ["Webhook-Id"] }],
  handshakes: [],
};
