import {
  contentParts,
  presetNames,
  presets,
  presetsWithoutTimestamp,
  presetsWithVerifyToken,
  schemeChoices,
  schemeNames,
  type Verification,
  verificationSchema,
} from "@millrace/automation";
import fc from "fast-check";
import { expect, test } from "vitest";
import { withLayout, withTimestamp, withTimestampIn } from "./scheme-drafts.ts";
import {
  chooseMode,
  isSameVerification,
  openVerificationForm,
  suggestedSecret,
  type VerificationMode,
  verificationOf,
} from "./verification-form.ts";
import { verificationNote } from "./verification-text.ts";

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const name = fc.stringMatching(/^[a-z][a-z-]{0,8}[a-z]$/);
const header = fc.stringMatching(/^[A-Za-z-]{1,12}$/);
const shared = {
  secret: fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 5 })),
  allowFrom: maybe(fc.array(fc.ipV4(), { minLength: 1, maxLength: 3 })),
};
const toleranceSeconds = maybe(fc.integer({ min: 1, max: 86_400 }));
const content = fc
  .array(fc.constantFrom(...contentParts), { maxLength: 4 })
  .map((parts) => [...parts, "body"].map((part) => `{${part}}`).join("."));
const signature = {
  ...{ header, prefix: maybe(name), encoding: fc.constantFrom(...schemeChoices.encodings), content },
  layout: maybe(fc.constantFrom(...schemeChoices.layouts)),
  key: maybe(name),
  timestamp: maybe(
    fc.oneof(
      fc.record({ header, format: fc.constantFrom(...schemeChoices.timestampFormats) }),
      fc.record({ pair: fc.constant("t"), format: fc.constantFrom(...schemeChoices.timestampFormats) }),
    ),
  ),
  ...{ idHeader: maybe(header), toleranceSeconds, bodyHashParameter: maybe(name) },
  urlForm: maybe(fc.constantFrom(...schemeChoices.urlForms)),
};

function candidate(mode: VerificationMode): fc.Arbitrary<object> {
  const scheme = fc.constant(mode);
  switch (mode) {
    case "none":
      return fc.record({ preset: scheme, allowFrom: shared.allowFrom });
    case "hmac":
      return fc.record({
        ...{ scheme, algorithm: fc.constantFrom(...schemeChoices.hmacAlgorithms), ...signature, ...shared },
        ...{ secretPrefix: maybe(name), secretEncoding: maybe(fc.constantFrom(...schemeChoices.secretEncodings)) },
      });
    case "publicKey":
      return fc.record({
        ...{ scheme, algorithm: fc.constantFrom(...schemeChoices.publicKeyAlgorithms), ...signature, ...shared },
        signatureFormat: maybe(fc.constantFrom(...schemeChoices.signatureFormats)),
      });
    case "header":
      return fc.record({ scheme, header, prefix: maybe(fc.string({ maxLength: 40 })), ...shared });
    case "basic":
    case "bearer":
      return fc.record({ scheme, ...shared });
    case "jwt":
      return fc.record({
        ...{ scheme, header: maybe(header), jwksUrl: fc.webUrl(), issuer: name, audience: name },
        algorithms: fc.subarray([...schemeChoices.jwtAlgorithms], { minLength: 1 }),
        claims: maybe(fc.dictionary(name, fc.oneof(fc.string({ maxLength: 20 }), fc.boolean()), { maxKeys: 3 })),
        ...{ toleranceSeconds, allowFrom: shared.allowFrom },
      });
    case "addresses":
      return fc.record({ scheme, allowFrom: fc.array(fc.ipV4(), { minLength: 1, maxLength: 3 }) });
    default:
      return fc.record({ preset: scheme, ...shared, toleranceSeconds, verifyToken: maybe(name) });
  }
}

/** What the format accepts, as a document holds it: without anything undefined. */
const validVerify = (mode: VerificationMode): fc.Arbitrary<Verification> =>
  candidate(mode)
    .map((value) => verificationSchema.safeParse(JSON.parse(JSON.stringify(value))).data)
    .filter((verify) => verify !== undefined);
const anyMode: VerificationMode[] = ["none", ...presetNames, ...schemeNames];

test.each(anyMode)("a value of %s that is opened and written back unchanged is the same", (mode) => {
  fc.assert(
    fc.property(validVerify(mode), (verify) => {
      expect(openVerificationForm(verify).mode).toBe(mode);
      expect(verificationOf(openVerificationForm(verify))).toStrictEqual(verify);
    }),
  );
});

test("going to any other mode and back loses nothing", () => {
  fc.assert(
    fc.property(fc.constantFrom(...anyMode).chain(validVerify), fc.constantFrom(...anyMode), (verify, other) => {
      const form = openVerificationForm(verify);
      const left = chooseMode(form, other, []);
      // What is written passes through the draft, which knows only the other mode.
      const reopened = openVerificationForm(verificationOf(left), left);
      const back = verificationOf(chooseMode(reopened, form.mode, []));
      const isPlainNone = form.mode === "none" && form.allowFrom === undefined && other !== "none";
      expect(back).toStrictEqual(isPlainNone ? undefined : verify);
    }),
  );
});

test("absent stays absent", () => {
  expect(verificationOf(openVerificationForm(undefined))).toBeUndefined();
});

test("every mode but JWT and addresses, which must be filled in, starts as something that can be saved", () => {
  for (const mode of anyMode) {
    const verify = verificationOf(chooseMode(openVerificationForm(undefined), mode, []));
    const isComplete = mode !== "jwt" && mode !== "addresses";
    expect({ mode, ok: verify === undefined || verificationSchema.safeParse(verify).success }).toEqual({
      mode,
      ok: isComplete,
    });
  }
});

test("a tolerance and a verify token are written where they apply, and kept where they don't", () => {
  const meta: Verification = { preset: "meta", secret: "s", verifyToken: "token" };
  const stripe: Verification = { preset: "stripe", secret: "s", toleranceSeconds: 60 };
  const fromStripe = chooseMode(openVerificationForm(stripe), "github", []);
  expect(verificationOf(fromStripe)).toStrictEqual({ preset: "github", secret: "s" });
  expect(verificationOf(chooseMode(fromStripe, "slack", []))).toStrictEqual({ ...stripe, preset: "slack" });
  const fromMeta = chooseMode(openVerificationForm(meta), "github", []);
  expect(verificationOf(fromMeta)).toStrictEqual({ preset: "github", secret: "s" });
  expect(verificationOf(chooseMode(fromMeta, "meta", []))).toStrictEqual(meta);
  expect(presetsWithVerifyToken).toContain("meta");
  expect(presetsWithoutTimestamp).toContain("github");
});

test("a secret's name is suggested, unless one was chosen or one of the keyvault fits", () => {
  const none = openVerificationForm(undefined);
  expect(verificationOf(chooseMode(none, "github", []))).toMatchObject({ secret: "github-hooks" });
  expect(suggestedSecret("standardWebhooks", [])).toBe("standard-webhooks-hooks");
  expect(suggestedSecret("github", ["stripe", "Our GitHub key"])).toBe("Our GitHub key");
  const suggested = chooseMode(none, "github", []);
  expect(verificationOf(chooseMode(suggested, "stripe", []))).toMatchObject({ secret: "stripe-hooks" });
  expect(verificationOf(chooseMode(suggested, "stripe", ["github-hooks"]))).toMatchObject({ secret: "github-hooks" });
});

test("a scheme of one's own starts as the provider's that was chosen before", () => {
  const { toleranceSeconds: _tolerance, ...slack } = presets.slack.scheme;
  const form = chooseMode(openVerificationForm({ preset: "slack", secret: "s" }), "hmac", []);
  expect(verificationOf(form)).toStrictEqual({ ...slack, secret: "s" });
  const other = chooseMode(openVerificationForm({ preset: "slack", secret: "s" }), "publicKey", []);
  expect(verificationOf(other)).toMatchObject({ algorithm: "ed25519", secret: "s" });
});

test("an undone change brings back its value, whatever the form holds besides", () => {
  const before: Verification = { preset: "stripe", secret: "s", toleranceSeconds: 60 };
  const changed = { ...openVerificationForm(before), toleranceSeconds: 61 };
  expect(verificationOf(openVerificationForm(before, changed))).toStrictEqual(before);
  expect(verificationOf(openVerificationForm({ preset: "stripe", secret: "s" }, changed))).toStrictEqual({
    preset: "stripe",
    secret: "s",
  });
});

test("a change of the layout or the time leaves a scheme that is accepted", () => {
  const first = { scheme: "hmac", algorithm: "sha256", header: "X-S", encoding: "hex", content: "{body}" } as const;
  const isAccepted = (scheme: object) => verificationSchema.safeParse({ ...scheme, secret: "s" }).success;
  const timed = withTimestamp(first, true);
  expect(timed).toMatchObject({ content: "{timestamp}.{body}", timestamp: { format: "seconds" } });
  expect(isAccepted(timed)).toBe(true);
  const paired = withTimestampIn(withLayout(timed, "pairs"), "pair");
  expect(isAccepted(paired)).toBe(true);
  expect(isAccepted(withLayout(paired, "tokens"))).toBe(true);
  expect(isAccepted(withLayout(paired, "plain"))).toBe(true);
  expect(withTimestamp(timed, false)).toEqual({ ...first, timestamp: undefined });
});

test("the order of keys makes no difference", () => {
  expect(isSameVerification({ preset: "github", secret: "s" }, { secret: "s", preset: "github" })).toBe(true);
  expect(isSameVerification({ preset: "github", secret: "s" }, { preset: "github", secret: "t" })).toBe(false);
  expect(isSameVerification(undefined, { preset: "none" })).toBe(false);
});

test("the note says what is checked, and by which secrets", () => {
  expect(verificationNote(openVerificationForm(undefined))).toBe("none: anyone who has the URL can start runs");
  const verify: Verification = { preset: "github", secret: ["new", "old"], allowFrom: ["192.0.2.1"] };
  expect(verificationNote(openVerificationForm(verify))).toBe("GitHub · new, old · from 1 address");
});
