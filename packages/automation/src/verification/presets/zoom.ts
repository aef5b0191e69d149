import type { Preset } from "../preset.ts";

export const zoom: Preset = {
  title: "Zoom",
  docs: "https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events",
  secret: { title: "Secret token", where: "App Marketplace, the app's Features, Access page." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "hex",
    header: "X-Zm-Signature",
    prefix: "v0=",
    content: "v0:{timestamp}:{body}",
    timestamp: { header: "X-Zm-Request-Timestamp", format: "seconds" },
    toleranceSeconds: 300,
  },
  dedupe: [{ hash: "body" }],
  // The answer is an HMAC with the signing secret, so it is only given to a question that Zoom signed.
  handshakes: [
    {
      kind: "hashField",
      when: { field: "event", equals: "endpoint.url_validation" },
      field: "payload.plainToken",
      plainAs: "plainToken",
      hashedAs: "encryptedToken",
    },
  ],
};
