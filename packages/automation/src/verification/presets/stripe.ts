import type { Preset } from "../preset.ts";

export const stripe: Preset = {
  title: "Stripe",
  docs: "https://docs.stripe.com/webhooks#verify-manually",
  secret: { title: "Signing secret", where: "Starts with whsec_; Workbench, Webhooks, the destination's page." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "hex",
    header: "Stripe-Signature",
    layout: "pairs",
    key: "v1",
    content: "{timestamp}.{body}",
    timestamp: { pair: "t", format: "seconds" },
    toleranceSeconds: 300,
    // The whole text is the key, whsec_ included.
    secretEncoding: "text",
  },
  dedupe: [{ fields: ["id"], of: "body" }],
  handshakes: [],
};
