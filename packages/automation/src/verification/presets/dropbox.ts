import type { Preset } from "../preset.ts";

export const dropbox: Preset = {
  title: "Dropbox",
  docs: "https://www.dropbox.com/developers/reference/webhooks",
  secret: { title: "App secret", where: "App Console, the app's Settings." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha256",
    encoding: "hex",
    header: "X-Dropbox-Signature",
    content: "{body}",
  },
  // The body only names accounts, so two changes in one account look alike and both must start a run.
  dedupe: [],
  handshakes: [{ kind: "echoParameter", parameter: "challenge" }],
};
