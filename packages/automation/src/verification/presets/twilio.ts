import type { Preset } from "../preset.ts";

export const twilio: Preset = {
  title: "Twilio",
  docs: "https://www.twilio.com/docs/usage/security#validating-requests",
  secret: { title: "Auth token", where: "The console's home page, Account Info: the primary auth token." },
  scheme: {
    scheme: "hmac",
    algorithm: "sha1",
    encoding: "base64",
    header: "X-Twilio-Signature",
    content: "{url}{sortedForm}",
    urlForm: "withOrWithoutPort",
    bodyHashParameter: "bodySHA256",
  },
  dedupe: [{ headers: ["I-Twilio-Idempotency-Token"] }],
  handshakes: [],
};
