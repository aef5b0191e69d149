import { createHmac } from "node:crypto";
import { parseBody, valueAt } from "./dedupe-key.ts";
import type { HandshakeRule } from "./preset.ts";
import { presets } from "./presets.ts";
import { type Rejection, reject } from "./rejection.ts";
import { sourceFault } from "./source-address.ts";
import type { PresetName } from "./verification-schema.ts";
import { verify } from "./verify.ts";
import { verifySharedToken } from "./verify-shared-token.ts";
import { queryParameter, type WebhookRequest } from "./webhook-request.ts";

export type HandshakeAnswer = { status: number; headers: Record<string, string>; body: string };
export type HandshakeOutcome = { ok: true; answer: HandshakeAnswer } | Rejection;

export type HandshakeInput = {
  preset: PresetName;
  request: WebhookRequest;
  secrets: readonly string[];
  /** What the owner entered at the provider as verify token; several while it is being changed. */
  verifyTokens?: readonly string[] | undefined;
  allowFrom?: readonly string[] | undefined;
  toleranceSeconds?: number | undefined;
  now: Date;
};

/**
 * The answer to a provider that asks whether this URL is ours; undefined where the request asks no such thing and is to be
 * treated as an event. Starts no run. Questions that the provider signs are verified first. Never throws.
 */
export async function handshake(input: HandshakeInput): Promise<HandshakeOutcome | undefined> {
  try {
    if (!Object.hasOwn(presets, input.preset)) return undefined;
    const rule = presets[input.preset].handshakes.find((candidate) => isAsked(candidate, input.request));
    return rule && (await answerTo(rule, input));
  } catch {
    return reject("not_verifiable", "The provider's question could not be answered.");
  }
}

function isAsked(rule: HandshakeRule, request: WebhookRequest): boolean {
  switch (rule.kind) {
    case "answerHead":
      return request.method === "HEAD";
    case "echoParameter":
      return request.method === "GET" && queryParameter(request.url, rule.parameter) !== undefined;
    case "verifyToken":
      return request.method === "GET" && queryParameter(request.url, rule.mode) === "subscribe";
    default: {
      if (request.method !== "POST") return false;
      const body = parseBody(request);
      if (valueAt(body, rule.when.field) !== rule.when.equals) return false;
      return rule.kind !== "acknowledge" || !rule.unlessField || valueAt(body, rule.unlessField) === undefined;
    }
  }
}

async function answerTo(rule: HandshakeRule, input: HandshakeInput): Promise<HandshakeOutcome> {
  const refused = await refusal(rule, input);
  if (refused) return refused;
  const { request } = input;
  switch (rule.kind) {
    case "answerHead":
      return answered(200, "");
    case "echoParameter":
      return echoed(queryParameter(request.url, rule.parameter));
    case "verifyToken":
      return echoed(queryParameter(request.url, rule.challenge));
    case "echoField":
      return echoed(valueAt(parseBody(request), rule.field));
    case "acknowledge":
      return rule.json
        ? answered(rule.status, JSON.stringify(rule.json), "application/json")
        : answered(rule.status, "");
    case "hashField": {
      const plain = valueAt(parseBody(request), rule.field);
      const [secret = ""] = input.secrets.filter((candidate) => candidate.trim() !== "");
      if (typeof plain !== "string" || !isChallenge(plain)) return unreadable;
      const hashed = createHmac("sha256", secret).update(plain).digest("hex");
      return answered(200, JSON.stringify({ [rule.plainAs]: plain, [rule.hashedAs]: hashed }), "application/json");
    }
  }
}

/** A set-up that is not finished answers no questions either. */
async function refusal(rule: HandshakeRule, input: HandshakeInput): Promise<Rejection | undefined> {
  const { request, secrets, allowFrom } = input;
  const isSigned = rule.kind === "echoField" || rule.kind === "hashField" || rule.kind === "acknowledge";
  if (isSigned) {
    const verdict = await verify(input);
    return verdict.ok ? undefined : verdict;
  }
  if (allowFrom !== undefined) {
    const fault = sourceFault(request.sourceIp, allowFrom);
    if (fault) return fault;
  }
  if (!secrets.some((secret) => secret.trim() !== ""))
    return reject("secret_missing", "No secret is set, so the provider's question is not answered; add it first.");
  if (rule.kind !== "verifyToken") return undefined;
  return verifySharedToken(queryParameter(request.url, rule.token), input.verifyTokens ?? [], rule.token);
}

/**
 * Challenges are random words. Anything else is not sent back: an answer under our name should not carry a stranger's
 * markup, and hashing whole sentences with the secret would sign them.
 */
const isChallenge = (text: string): boolean => /^[\w.~+/=-]{1,500}$/.test(text);

const unreadable = reject("body_unreadable", "The provider's challenge is missing or is not a plain word.");

const echoed = (challenge: unknown): HandshakeOutcome =>
  typeof challenge === "string" && isChallenge(challenge) ? answered(200, challenge) : unreadable;

function answered(status: number, body: string, type = "text/plain; charset=utf-8"): HandshakeOutcome {
  return { ok: true, answer: { status, headers: { "content-type": type, "x-content-type-options": "nosniff" }, body } };
}
