import type { Preset } from "../preset.ts";

export const typeform: Preset = {
  title: "Typeform",
  docs: "https://www.typeform.com/developers/webhooks/secure-your-webhooks/",
  secret: { title: "Secret", where: "The text entered as secret in the webhook's settings." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "base64",
    header: "Typeform-Signature",
    prefix: "sha256=",
    content: "{body}",
  },
  dedupe: [{ fields: ["event_id"], of: "body" }],
  handshakes: [],
};
