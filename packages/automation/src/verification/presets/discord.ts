import type { Preset } from "../preset.ts";

export const discord: Preset = {
  title: "Discord",
  docs: "https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers",
  secret: { title: "Public key", where: "Developer Portal, the application's General Information page." },
  scheme: {
    scheme: "publicKey",
    algorithm: "ed25519",
    encoding: "hex",
    header: "X-Signature-Ed25519",
    content: "{timestamp}{body}",
    timestamp: { header: "X-Signature-Timestamp", format: "seconds" },
    toleranceSeconds: 300,
  },
  // Interactions have an id; webhook events have none, but the time within them.
  dedupe: [{ fields: ["id"], of: "body" }, { hash: "body" }],
  handshakes: [
    // An interaction of type 1 is a ping; a webhook event of type 1 is an event, and says which.
    { kind: "acknowledge", when: { field: "type", equals: 1 }, unlessField: "event", status: 200, json: { type: 1 } },
    // https://docs.discord.com/developers/events/webhook-events
    { kind: "acknowledge", when: { field: "type", equals: 0 }, status: 204 },
  ],
};
