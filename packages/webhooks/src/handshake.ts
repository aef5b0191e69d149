import { createHmac } from "node:crypto";
import { type HandshakeRule, type PresetName, presets } from "@millrace/automation";
import type { Json } from "@millrace/base";
import { parseBody, valueAt } from "./dedupe-key.ts";
import { type Outcome, type Rejection, reject, succeed } from "./rejection.ts";
import { isSameSecret } from "./same-secret.ts";
import { sourceFault } from "./source-address.ts";
import { verify } from "./verify.ts";
import { queryParameter, type WebhookRequest } from "./webhook-request.ts";

export type HandshakeAnswer = { status: number; headers: Record<string, string>; body: string };
export type HandshakeOutcome = { ok: true; answer: HandshakeAnswer } | Rejection;

export type HandshakeInput = {
  preset: PresetName | "none";
  request: WebhookRequest;
  secrets: readonly string[];
  /** What the owner entered at the provider as verify token; several while it is being changed. */
  verifyTokens?: readonly string[] | undefined;
  allowFrom?: readonly string[] | undefined;
  toleranceSeconds?: number | undefined;
  now: Date;
};

/** Questions are short; larger bodies are events and are not opened before they are verified. */
const longestQuestionBytes = 16_384;

/**
 * The answer to a provider that asks whether this URL is ours; undefined where the request asks no such thing and is to be
 * treated as an event. Starts no run. Questions that the provider signs are verified first. Never throws.
 */
export async function handshake(input: HandshakeInput): Promise<HandshakeOutcome | undefined> {
  try {
    const { preset, request } = input;
    if (preset === "none" || !Object.hasOwn(presets, preset)) return undefined;
    const { handshakes } = presets[preset];
    if (handshakes.length === 0) return undefined;
    const body =
      request.method === "POST" && request.body.length <= longestQuestionBytes ? parseBody(request) : undefined;
    const rule = handshakes.find((candidate) => isAsked(candidate, request, body));
    return rule && (await answerTo(rule, input, body));
  } catch {
    return reject("not_verifiable", "The provider's question could not be answered.");
  }
}

function isAsked(rule: HandshakeRule, request: WebhookRequest, body: Json | undefined): boolean {
  switch (rule.kind) {
    case "answerHead":
      return request.method === "HEAD";
    case "echoParameter":
      return request.method === "GET" && queryParameter(request.url, rule.parameter) !== undefined;
    case "verifyToken":
      return request.method === "GET" && queryParameter(request.url, rule.mode) === "subscribe";
    case "echoField":
    case "hashField":
      return valueAt(body, rule.when.field) === rule.when.equals;
    case "acknowledge":
      return (
        valueAt(body, rule.when.field) === rule.when.equals &&
        (rule.unlessField === undefined || valueAt(body, rule.unlessField) === undefined)
      );
  }
}

async function answerTo(rule: HandshakeRule, input: HandshakeInput, body: Json | undefined): Promise<HandshakeOutcome> {
  const { request } = input;
  const asker = await checkAsker(rule, input);
  if (!asker.ok) return asker;
  switch (rule.kind) {
    case "answerHead":
      return answered(200, "");
    case "echoParameter":
      return echoed(queryParameter(request.url, rule.parameter));
    case "verifyToken":
      return echoed(queryParameter(request.url, rule.challenge));
    case "echoField":
      return echoed(valueAt(body, rule.field));
    case "acknowledge":
      return rule.json
        ? answered(rule.status, JSON.stringify(rule.json), "application/json")
        : answered(rule.status, "");
    case "hashField": {
      const plain = valueAt(body, rule.field);
      if (!isChallenge(plain)) return unreadable;
      const hashed = createHmac("sha256", asker.value).update(plain).digest("hex");
      return answered(200, JSON.stringify({ [rule.plainAs]: plain, [rule.hashedAs]: hashed }), "application/json");
    }
  }
}

/** The secret that the question was signed with, or the first one. A set-up that is not finished answers nothing. */
async function checkAsker(rule: HandshakeRule, input: HandshakeInput): Promise<Outcome<string>> {
  const { request, secrets, allowFrom } = input;
  if (rule.kind === "echoField" || rule.kind === "hashField" || rule.kind === "acknowledge") {
    const verdict = await verify(input);
    return verdict.ok ? succeed(secrets[verdict.keyIndex ?? 0] ?? "") : verdict;
  }
  const fault = allowFrom === undefined ? undefined : sourceFault(request.sourceIp, allowFrom);
  if (fault) return fault;
  const usable = secrets.find((secret) => secret.trim() !== "");
  if (usable === undefined)
    return reject("secret_missing", "No secret is set, so the provider's question is not answered; add it first.");
  const tokenFault = rule.kind === "verifyToken" ? verifyTokenFault(rule.token, input) : undefined;
  return tokenFault ?? succeed(usable);
}

function verifyTokenFault(parameter: string, { request, verifyTokens = [] }: HandshakeInput): Rejection | undefined {
  const usable = verifyTokens.filter((token) => token.trim() !== "");
  if (usable.length === 0)
    return reject("secret_missing", "No verify token is set; store the one that was entered at the provider.");
  const presented = queryParameter(request.url, parameter) ?? "";
  return usable.some((token) => isSameSecret(token, presented))
    ? undefined
    : reject("verify_token_mismatch", `The parameter ${parameter} is not the verify token that is stored here.`);
}

/**
 * Challenges are random words. Anything else is not sent back: an answer under our name should not carry a stranger's
 * markup, and hashing whole sentences with the secret would sign them.
 */
const isChallenge = (value: unknown): value is string => typeof value === "string" && /^[\w.~+/=-]{1,500}$/.test(value);

const unreadable = reject("body_unreadable", "The provider's challenge is missing or is not a plain word.");

const echoed = (challenge: unknown): HandshakeOutcome =>
  isChallenge(challenge) ? answered(200, challenge) : unreadable;

function answered(status: number, body: string, type = "text/plain; charset=utf-8"): HandshakeOutcome {
  return { ok: true, answer: { status, headers: { "content-type": type, "x-content-type-options": "nosniff" }, body } };
}
