import type { Preset } from "../preset.ts";

export const svix: Preset = {
  title: "Svix",
  docs: "https://docs.svix.com/receiving/verifying-payloads/how-manual",
  secret: { title: "Signing secret", where: "Starts with whsec_; on the endpoint's page in the sender's portal." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "base64",
    header: "Svix-Signature",
    layout: "tokens",
    key: "v1",
    content: "{id}.{timestamp}.{body}",
    idHeader: "Svix-Id",
    timestamp: { header: "Svix-Timestamp", format: "seconds" },
    toleranceSeconds: 300,
    secretPrefix: "whsec_",
    secretEncoding: "base64",
  },
  dedupe: [{ headers: ["Svix-Id"] }],
  handshakes: [],
};
