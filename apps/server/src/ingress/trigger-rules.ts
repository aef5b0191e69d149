import { hash } from "node:crypto";
import {
  Budget,
  type CompiledExpression,
  type CompiledTemplate,
  callsItselfJson,
  compileExpression,
  compileTemplate,
  dedupeByBody,
  ExpressionError,
  openEvent,
  type ReceivedEvent,
  toJson,
  type WebhookTrigger,
  whyMalformed,
} from "@millrace/automation";

export type Verdict =
  | { kind: "accepted"; keys: { dedupeKey: string | null; orderKey: string | null } }
  | { kind: "filtered"; reason: string }
  | { kind: "rejected"; status: 400; code: RuleFault; reason: string };

type RuleFault = "invalid_json" | "dedupe_failed" | "order_failed" | "filter_failed";

/** `presetKey` is the provider's own id of the delivery; it counts where the trigger says nothing else. */
export type TriggerRules = (event: ReceivedEvent, presetKey: string | undefined) => Verdict;

const dedupeKeyLimit = 1_024;

/**
 * A webhook trigger's rules, compiled once a version. A request that calls itself JSON and isn't is refused, because
 * no step could use it; so is one whose filter or keys can't be computed: the sender hears why.
 */
export function compileTriggerRules(trigger: WebhookTrigger): TriggerRules {
  const names = ["trigger"];
  const isByBody = trigger.dedupe === dedupeByBody;
  const dedupe = trigger.dedupe === undefined || isByBody ? undefined : compileTemplate(trigger.dedupe, { names });
  const order = trigger.order === undefined ? undefined : compileTemplate(trigger.order, { names });
  const filter = trigger.filter === undefined ? undefined : compileExpression(trigger.filter, { names });
  return (event, presetKey) => {
    const byRequest = isByBody ? `sha256:${hash("sha256", event.body)}` : (presetKey ?? null);
    if (!dedupe && !order && !filter) {
      const malformed = whyMalformed(event);
      if (malformed !== undefined) return invalidJson(malformed);
      return { kind: "accepted", keys: { dedupeKey: byRequest, orderKey: null } };
    }
    const opened = openEvent(event);
    if (opened.malformed !== undefined && callsItselfJson(event)) return invalidJson(opened.malformed);
    const scope = { trigger: opened.trigger };
    try {
      if (filter && !passes(filter, scope))
        return { kind: "filtered", reason: "The trigger's filter is not true for this request." };
      const dedupeKey = dedupe ? dedupeKeyOf(dedupe, scope) : byRequest;
      // Of any length, and without one the run has its place in no order: intake takes it as it is.
      const orderKey = order ? attempt("order_failed", "order", () => textOf(order, scope)) : null;
      return { kind: "accepted", keys: { dedupeKey, orderKey } };
    } catch (error) {
      if (error instanceof RuleError) return rejected(error.code, error.message);
      throw error;
    }
  };
}

/** A rule that can't be computed for a request. */
class RuleError extends Error {
  readonly code: RuleFault;

  constructor(code: RuleFault, message: string) {
    super(message);
    this.name = "RuleError";
    this.code = code;
  }
}

type TriggerOnly = { trigger: ReturnType<typeof openEvent>["trigger"] };

function attempt<Value>(code: RuleFault, what: string, compute: () => Value): Value {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new RuleError(code, `The trigger's ${what} could not be computed: ${error.message}`);
  }
}

const passes = (filter: CompiledExpression, scope: TriggerOnly): boolean =>
  attempt("filter_failed", "filter", () => filter.evaluate(scope, new Budget()) === true);

function textOf(template: CompiledTemplate, scope: TriggerOnly): string | null {
  const value = toJson(template.evaluate(scope, new Budget()));
  return value === null || typeof value === "string" ? value : JSON.stringify(value);
}

function dedupeKeyOf(dedupe: CompiledTemplate, scope: TriggerOnly): string {
  const key = attempt("dedupe_failed", "dedupe key", () => textOf(dedupe, scope));
  if (key === null || key === "")
    throw new RuleError("dedupe_failed", "The trigger's dedupe key is empty for this request.");
  if (key.length <= dedupeKeyLimit) return key;
  throw new RuleError(
    "dedupe_failed",
    `The trigger's dedupe key is ${key.length} characters long; the limit is ${dedupeKeyLimit}.`,
  );
}

const invalidJson = (malformed: string): Verdict =>
  rejected("invalid_json", `The body is not valid JSON: ${malformed}`);

const rejected = (code: RuleFault, reason: string): Verdict => ({ kind: "rejected", status: 400, code, reason });
