import type { Preset } from "../preset.ts";

export const slack: Preset = {
  title: "Slack",
  docs: "https://docs.slack.dev/authentication/verifying-requests-from-slack",
  secret: { title: "Signing secret", where: "The app's Basic Information page, App Credentials." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "hex",
    header: "X-Slack-Signature",
    prefix: "v0=",
    content: "v0:{timestamp}:{body}",
    timestamp: { header: "X-Slack-Request-Timestamp", format: "seconds" },
    toleranceSeconds: 300,
  },
  dedupe: [{ fields: ["event_id"], of: "body" }],
  // https://docs.slack.dev/reference/events/url_verification
  handshakes: [{ kind: "echoField", when: { field: "type", equals: "url_verification" }, field: "challenge" }],
};
