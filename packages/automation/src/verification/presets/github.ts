import type { Preset } from "../preset.ts";

export const github: Preset = {
  title: "GitHub",
  docs: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
  secret: { title: "Webhook secret", where: "The text entered as Secret in the webhook's settings." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "hex",
    header: "X-Hub-Signature-256",
    prefix: "sha256=",
    content: "{body}",
  },
  dedupe: [{ headers: ["X-GitHub-Delivery"] }],
  handshakes: [],
};
