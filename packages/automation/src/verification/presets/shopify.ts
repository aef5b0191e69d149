import type { Preset } from "../preset.ts";

export const shopify: Preset = {
  title: "Shopify",
  docs: "https://shopify.dev/docs/apps/build/webhooks/subscribe/https",
  secret: { title: "Client secret", where: "The app's settings; for webhooks made in the admin, below their list." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "base64",
    header: "X-Shopify-Hmac-Sha256",
    content: "{body}",
  },
  // One change in a shop has one event id whatever the topics it is sent for; each topic starts its own run.
  // https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates
  dedupe: [{ headers: ["X-Shopify-Event-Id", "X-Shopify-Topic"] }, { headers: ["X-Shopify-Webhook-Id"] }],
  handshakes: [],
};
