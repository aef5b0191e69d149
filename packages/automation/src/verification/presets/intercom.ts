import type { Preset } from "../preset.ts";

export const intercom: Preset = {
  title: "Intercom",
  docs: "https://developers.intercom.com/docs/webhooks/webhook-notifications#signed-notifications",
  secret: { title: "Client secret", where: "Developer Hub, the app's Basic information page." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha1",
    encoding: "hex",
    header: "X-Hub-Signature",
    prefix: "sha1=",
    content: "{body}",
  },
  dedupe: [{ fields: ["id"], of: "body" }],
  // https://developers.intercom.com/docs/webhooks/setting-up-webhooks
  handshakes: [{ kind: "answerHead" }],
};
