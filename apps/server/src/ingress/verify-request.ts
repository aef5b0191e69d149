import { type OpenedVerification, presets, type ReceivedEvent } from "@millrace/automation";
import type { Clock } from "@millrace/base";
import type { Egress } from "@millrace/connector-kit";
import type { SigningSecret, SigningSecrets } from "@millrace/db";
import type { Answer } from "@millrace/engine";
import {
  createJwksCache,
  handshake,
  type Rejection,
  rejectionStatus,
  verify,
  type WebhookRequest,
} from "@millrace/webhooks";
import type { Admission } from "./admission.ts";
import { problem } from "./send-answer.ts";
import { createShortCache } from "./short-cache.ts";

export type Verified =
  | { kind: "verified"; dedupeKey: string | undefined }
  /** The provider asked whether the URL is ours. */
  | { kind: "handshake"; reason: string; answer: Answer; headers: Record<string, string> }
  /** `reason` is for the endpoint's owner; the sender hears only the answer. */
  | { kind: "refused"; reason: string; answer: Answer; headers: Record<string, string> };

export type VerificationServices = {
  admission: Pick<Admission, "lookUp">;
  signingSecrets: SigningSecrets;
  egress: Pick<Egress, "fetch">;
  clock: Clock;
  /** Milliseconds of a clock that never jumps. */
  steadyNow?: () => number;
  /** Without a slash at the end. */
  publicUrl: string;
};

/** A request as it came: `body` is still packed where it was sent so, because that is what was signed. */
export type Arrived = {
  workspaceId: string;
  event: ReceivedEvent;
  /** Path and query, as received. */
  target: string;
  sourceIp: string | null;
};

export type VerifyRequest = (verification: OpenedVerification, arrived: Arrived) => Promise<Verified>;

const keySetTimeoutMs = 5_000;
const keySetLimitBytes = 262_144;

/** Applies a trigger's verification to requests. What is missing or can't be read refuses; nothing is let through by default. */
export function createVerifyRequest(services: VerificationServices): VerifyRequest {
  const { admission, signingSecrets, egress, clock, steadyNow = () => performance.now(), publicUrl } = services;
  const openSecrets = createShortCache<{ workspaceId: string; names: readonly string[] }, SigningSecret[]>({
    find: ({ workspaceId, names }, isKnown) =>
      admission.lookUp(() => signingSecrets.open(workspaceId, names), { isKnown }),
    keyOf: ({ workspaceId, names }) => JSON.stringify([workspaceId, ...names]),
    now: steadyNow,
  });
  const jwks = createJwksCache(async (url) => {
    const answer = await egress.fetch({ url, timeoutMs: keySetTimeoutMs, maxResponseBytes: keySetLimitBytes });
    if (answer.status !== 200) throw new Error(`The key set answered ${answer.status}.`);
    return answer.json();
  }, steadyNow);

  return async (verification, { workspaceId, event, target, sourceIp }) => {
    const { choice, secretNames, verifyTokenName, allowFrom, toleranceSeconds } = verification;
    const names = verifyTokenName === undefined ? secretNames : [...secretNames, verifyTokenName];
    const opened = names.length === 0 ? [] : await openSecrets({ workspaceId, names });
    const values = opened.map(({ value }) => value);
    const faults = opened.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
    const { method, headers, body } = event;
    const request: WebhookRequest = { method, url: publicUrl + target, headers, body, sourceIp };
    const check = {
      secrets: values.slice(0, secretNames.length),
      allowFrom,
      toleranceSeconds,
      request,
      now: clock.now(),
    };
    if ("preset" in choice) {
      const asked = await handshake({
        ...check,
        preset: choice.preset,
        verifyTokens: values.slice(secretNames.length),
      });
      if (asked?.ok === false) return refused(asked, faults);
      if (asked) {
        const { status, body: text, headers: answerHeaders } = asked.answer;
        const title = choice.preset === "none" ? "The sender" : presets[choice.preset].title;
        const reason = `${title} asked whether this URL is ours, and was answered.`;
        return { kind: "handshake", reason, answer: { status, body: text }, headers: answerHeaders };
      }
    }
    const verdict = await verify({ ...check, ...choice, jwks });
    return verdict.ok ? { kind: "verified", dedupeKey: verdict.dedupeKey } : refused(verdict, faults);
  };
}

const told = {
  401: { code: "not_verified", detail: "This request could not be verified." },
  403: { code: "sender_not_allowed", detail: "Requests from this address are not taken." },
  503: { code: "verification_unavailable", detail: "This request could not be verified now. Send it again." },
};

/** What exactly is wrong would help whoever is guessing, so it is told to the owner alone. */
function refused(rejection: Rejection, faults: readonly string[]): Verified {
  const status = rejectionStatus(rejection.reason);
  const { code, detail } = told[status];
  const headers: Record<string, string> = status === 503 ? { "retry-after": "5" } : {};
  const reason = [...faults, rejection.message].join(" ");
  return { kind: "refused", reason, answer: problem(status, code, detail), headers };
}
