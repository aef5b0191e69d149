import type { Preset } from "../preset.ts";

export const hubspot: Preset = {
  title: "HubSpot",
  docs: "https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests",
  secret: { title: "Client secret", where: "The app's Auth page." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "base64",
    header: "X-HubSpot-Signature-v3",
    content: "{method}{url}{body}{timestamp}",
    urlForm: "reservedDecoded",
    timestamp: { header: "X-HubSpot-Request-Timestamp", format: "milliseconds" },
    toleranceSeconds: 300,
  },
  // A retry differs in attemptNumber, so the body's hash would not do; event ids are not unique by themselves.
  dedupe: [{ fields: ["subscriptionId", "eventId", "objectId", "occurredAt"], of: "eachElement" }],
  handshakes: [],
};
