import {
  type HandshakeRule,
  type OpenedVerification,
  openVerification,
  presets,
  type Trigger,
  type WebhookTrigger,
  webhookDefaults,
} from "@millrace/automation";
import { parseDurationMs } from "@millrace/base";
import { type SecretPlaces, secretPlaces } from "@millrace/webhooks";
import type { RateLimit } from "./rate-limits.ts";
import { compileTriggerRules, type TriggerRules } from "./trigger-rules.ts";

/** What a request must pass, ready to be applied. */
export type OpenedTrigger = {
  methods: ReadonlySet<string>;
  /** Those with which a provider asks whether the URL is ours; they start nothing. */
  questionMethods: ReadonlySet<string>;
  limitBytes: number;
  /** Undefined where every request is believed. */
  verification: OpenedVerification | undefined;
  /** What is recorded of a request has these blanked out. Undefined where requests carry no secret. */
  secretPlaces: SecretPlaces | undefined;
  rateLimit: RateLimit | undefined;
  rules: TriggerRules;
  waitsForRun: boolean;
};

const versionsKept = 1_000;

/** Versions never change, so what their triggers ask for is worked out once. */
export function createTriggerCache(): (versionId: string, trigger: WebhookTrigger) => OpenedTrigger {
  const opened = new Map<string, OpenedTrigger>();
  return (versionId, trigger) => {
    const known = opened.get(versionId) ?? openTrigger(trigger);
    opened.set(versionId, known);
    const [oldest] = opened.keys();
    if (opened.size > versionsKept && oldest !== undefined) opened.delete(oldest);
    return known;
  };
}

/** What holds for a URL that nothing is published behind. */
const unpublishedTrigger = openTrigger({ type: "webhook" });

/** The same; but where the draft says how requests are verified, they may carry the secret already. */
export const closedTrigger = (trigger: Trigger | null): OpenedTrigger =>
  isWebhook(trigger) && trigger.verify
    ? { ...unpublishedTrigger, secretPlaces: secretPlaces(openVerification(trigger.verify).choice) }
    : unpublishedTrigger;

export const isWebhook = (trigger: Trigger | null): trigger is WebhookTrigger => trigger?.type === "webhook";

function openTrigger(trigger: WebhookTrigger): OpenedTrigger {
  const verification = trigger.verify && openVerification(trigger.verify);
  const believesAll =
    verification === undefined ||
    ("preset" in verification.choice && verification.choice.preset === "none" && verification.allowFrom === undefined);
  const perMs = parseDurationMs(trigger.rateLimit?.per ?? "");
  return {
    methods: new Set<string>(trigger.methods ?? webhookDefaults.methods),
    questionMethods: questionMethodsOf(verification),
    limitBytes: trigger.maxBodyBytes ?? webhookDefaults.maxBodyBytes,
    verification: believesAll ? undefined : verification,
    secretPlaces: verification && secretPlaces(verification.choice),
    rateLimit: trigger.rateLimit && perMs ? { requests: trigger.rateLimit.requests, perMs } : undefined,
    rules: compileTriggerRules(trigger),
    waitsForRun: trigger.respond === "whenFinished",
  };
}

const methodOfQuestion: Record<HandshakeRule["kind"], string> = {
  answerHead: "HEAD",
  echoParameter: "GET",
  verifyToken: "GET",
  echoField: "POST",
  hashField: "POST",
  acknowledge: "POST",
};

function questionMethodsOf(verification: OpenedVerification | undefined): Set<string> {
  if (!verification || !("preset" in verification.choice) || verification.choice.preset === "none") return new Set();
  return new Set(presets[verification.choice.preset].handshakes.map(({ kind }) => methodOfQuestion[kind]));
}
