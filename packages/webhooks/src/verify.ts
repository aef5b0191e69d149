import { type PresetName, presets, type VerificationScheme } from "@millrace/automation";
import { dedupeKey } from "./dedupe-key.ts";
import type { JwksCache } from "./jwks-cache.ts";
import { type Outcome, type Rejection, reject, succeed } from "./rejection.ts";
import { sourceFault } from "./source-address.ts";
import { verifyHmac } from "./verify-hmac.ts";
import { verifyJwt } from "./verify-jwt.ts";
import { verifyPublicKey } from "./verify-public-key.ts";
import { verifySharedSecret } from "./verify-shared-secret.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** A preset by name, or a scheme of one's own. */
export type SchemeChoice = { preset: PresetName | "none" } | { scheme: VerificationScheme };

export type VerifyInput = SchemeChoice & {
  /** Several while a secret is being rotated. An entry that could not be read belongs here as an empty text. */
  secrets: readonly string[];
  allowFrom?: readonly string[] | undefined;
  /** Instead of the scheme's own. */
  toleranceSeconds?: number | undefined;
  request: WebhookRequest;
  now: Date;
  jwks?: JwksCache | undefined;
};

export type Verdict =
  | {
      ok: true;
      /** The provider's id of this delivery, at most 200 printable characters. */
      dedupeKey?: string;
      /** Which of `secrets` it was; absent where the scheme has none. */
      keyIndex?: number;
    }
  | Rejection;

/** Whether a request comes from where it says. Fails closed, and never throws. */
export async function verify(input: VerifyInput): Promise<Verdict> {
  try {
    return await judge(input);
  } catch {
    // Whatever was thrown may hold the secret, so nothing of it is kept.
    return reject("not_verifiable", "The request could not be verified because its settings cannot be used.");
  }
}

/**
 * The provider's id of a delivery that was verified as it was sent, from its body without the packing of Content-Encoding;
 * as in a `Verdict`, which knows the bytes that were sent.
 */
export function unpackedDedupeKey(
  choice: SchemeChoice,
  unpacked: Pick<WebhookRequest, "headers" | "body">,
): string | undefined {
  if (!("preset" in choice) || choice.preset === "none") return undefined;
  return dedupeKey(presets[choice.preset].dedupe, unpacked);
}

async function judge(input: VerifyInput): Promise<Verdict> {
  const { request, allowFrom } = input;
  if (allowFrom !== undefined) {
    const fault = sourceFault(request.sourceIp, allowFrom);
    if (fault) return fault;
  }
  if ("scheme" in input) return asVerdict(await applyScheme(input.scheme, input), undefined);
  if (input.preset === "none") return { ok: true };
  if (!Object.hasOwn(presets, input.preset)) return reject("not_verifiable", "There is no preset of this name.");
  const preset = presets[input.preset];
  const outcome = await applyScheme(preset.scheme, input);
  return asVerdict(outcome, outcome.ok ? dedupeKey(preset.dedupe, request) : undefined);
}

async function applyScheme(scheme: VerificationScheme, input: VerifyInput): Promise<Outcome<number | undefined>> {
  const { request, secrets, now, toleranceSeconds, jwks, allowFrom } = input;
  switch (scheme.scheme) {
    case "hmac":
      return verifyHmac(scheme, request, { secrets, toleranceSeconds, now });
    case "publicKey":
      return verifyPublicKey(scheme, request, { secrets, toleranceSeconds, now });
    case "header":
    case "basic":
    case "bearer":
      return verifySharedSecret(scheme, request, secrets);
    case "jwt":
      return verifyJwt(scheme, request, { now, toleranceSeconds, jwks });
    case "addresses":
      return allowFrom === undefined
        ? reject("source_not_allowed", "No allowed addresses are set, so no request is accepted.")
        : succeed(undefined);
    case "none":
      return succeed(undefined);
    default:
      return reject("not_verifiable", "There is no verification scheme of this name.");
  }
}

function asVerdict(outcome: Outcome<number | undefined>, key: string | undefined): Verdict {
  if (!outcome.ok) return outcome;
  return {
    ok: true,
    ...(key === undefined ? {} : { dedupeKey: key }),
    ...(outcome.value === undefined ? {} : { keyIndex: outcome.value }),
  };
}
