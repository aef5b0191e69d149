import type { Preset } from "../preset.ts";

export const meta: Preset = {
  title: "Meta",
  docs: "https://developers.facebook.com/docs/graph-api/webhooks/getting-started",
  secret: { title: "App secret", where: "App Dashboard, Settings, Basic. Facebook, Instagram and WhatsApp share it." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "hex",
    header: "X-Hub-Signature-256",
    prefix: "sha256=",
    content: "{body}",
  },
  // There is no delivery id. Changes carry their own ids and times, so equal bodies are the same notification.
  dedupe: [{ hash: "body" }],
  handshakes: [{ kind: "verifyToken", mode: "hub.mode", token: "hub.verify_token", challenge: "hub.challenge" }],
};
