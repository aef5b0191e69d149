import { sign as githubSign, verify as githubVerify } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { expect, test } from "vitest";
import { headerOf, now, signed, unsigned } from "./signed-request.fixture.ts";
import { verify } from "./verify.ts";

const body = '{"id":"evt_1","text":"Grüße"}';
const whsec = `whsec_${Buffer.from("a key of twenty-four byt").toString("base64")}`;

test("Standard Webhooks' own library and ours take each other's signatures", async () => {
  const library = new Webhook(whsec);
  const at = new Date();
  const theirs = {
    ...unsigned(body),
    headers: [
      ["webhook-id", "msg_2"],
      ["webhook-timestamp", String(Math.floor(at.getTime() / 1_000))],
      ["webhook-signature", library.sign("msg_2", at, body)],
    ] as const,
  };
  const input = { preset: "standardWebhooks", secrets: [whsec], now: at } as const;
  expect(await verify({ ...input, request: theirs })).toEqual({ ok: true, keyIndex: 0, dedupeKey: "msg_2" });

  const ours = signed({ preset: "standardWebhooks" }, whsec, unsigned(body), at);
  const headers = Object.fromEntries(ours.headers.map(([name, value]) => [name.toLowerCase(), value]));
  expect(library.verify(body, headers)).toMatchObject({ id: "evt_1" });
});

test("Octokit's and our signatures are the same", async () => {
  const request = signed({ preset: "github" }, "It's a Secret to Everybody", unsigned(body));
  const signature = headerOf(request, "X-Hub-Signature-256");
  expect(signature).toBe(await githubSign("It's a Secret to Everybody", body));
  expect(await githubVerify("It's a Secret to Everybody", body, signature)).toBe(true);
});

test("Stripe's library and ours take each other's signatures", async () => {
  const timestamp = Math.floor(now.getTime() / 1_000);
  const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: whsec, timestamp });
  const theirs = { ...unsigned(body), headers: [["Stripe-Signature", header]] as const };
  expect(await verify({ preset: "stripe", secrets: [whsec], request: theirs, now })).toEqual({
    ok: true,
    keyIndex: 0,
    dedupeKey: "evt_1",
  });

  const ours = headerOf(signed({ preset: "stripe" }, whsec, unsigned(body)), "Stripe-Signature");
  const event = Stripe.webhooks.constructEvent(body, ours, whsec, 300, undefined, timestamp);
  expect(event.id).toBe("evt_1");
});

type Vector = {
  preset: "github" | "slack" | "twilio" | "sendgrid" | "svix";
  secret: string;
  headers: [string, string][];
  body: string;
  contentType?: string;
  url?: string;
  at: number;
};

const form = "application/x-www-form-urlencoded";

// As published by the providers, in their documentation or in the tests of their own libraries.
const vectors: Record<string, Vector> = {
  "GitHub's page on validating deliveries": {
    preset: "github",
    secret: "It's a Secret to Everybody",
    headers: [["X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"]],
    body: "Hello, World!",
    at: 0,
  },
  "Slack's page on verifying requests": {
    preset: "slack",
    secret: "8f742231b10e8888abcd99yyyzzz85a5",
    headers: [
      ["X-Slack-Request-Timestamp", "1531420618"],
      ["X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"],
    ],
    contentType: form,
    body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    at: 1_531_420_618,
  },
  "Twilio's page on security": {
    preset: "twilio",
    secret: "12345",
    headers: [["X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="]],
    contentType: form,
    url: "https://mycompany.com/myapp.php?foo=1&bar=2",
    body: "Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE",
    at: 0,
  },
  "Twilio's libraries, for repeated parameters": {
    preset: "twilio",
    secret: "12345",
    headers: [["X-Twilio-Signature", "IK+Dwps556ElfBT0I3Rgjkr1wJU="]],
    contentType: form,
    url: "https://mycompany.com/myapp.php?foo=1&bar=2",
    body: "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
    at: 0,
  },
  "SendGrid's libraries": {
    preset: "sendgrid",
    secret:
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==",
    headers: [
      [
        "X-Twilio-Email-Event-Webhook-Signature",
        "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
      ],
      ["X-Twilio-Email-Event-Webhook-Timestamp", "1600112502"],
    ],
    body: '[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n',
    at: 1_600_112_502,
  },
  "Svix's page on verifying by hand": {
    preset: "svix",
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    headers: [
      ["svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"],
      ["svix-timestamp", "1614265330"],
      ["svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
    ],
    body: '{"test": 2432232314}',
    at: 1_614_265_330,
  },
};

test.each(Object.entries(vectors))("takes the example of %s", async (_name, vector) => {
  const plain = unsigned(vector.body, vector.contentType, vector.url);
  const request = { ...plain, headers: [...plain.headers, ...vector.headers] };
  const at = new Date(vector.at * 1_000);
  const input = { preset: vector.preset, secrets: [vector.secret], now: at };
  expect(await verify({ ...input, request })).toMatchObject({ ok: true });
  expect(await verify({ ...input, request: { ...request, body: Buffer.from(`${vector.body}x`) } })).toMatchObject({
    ok: false,
    reason: "signature_mismatch",
  });
});
