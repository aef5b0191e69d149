import {
  Budget,
  type CompiledExpression,
  type CompiledTemplate,
  compileExpression,
  compileTemplate,
  ExpressionError,
  isJsonType,
  mediaType,
  openEvent,
  type ReceivedEvent,
  toJson,
  type WebhookTrigger,
} from "@millrace/automation";

export type Verdict =
  | { kind: "accepted"; dedupeKey: string | null }
  | { kind: "filtered"; reason: string }
  | { kind: "rejected"; status: 400; code: "invalid_json" | "dedupe_failed" | "filter_failed"; reason: string };

/** `presetKey` is the provider's own id of the delivery; it counts where the trigger says nothing else. */
export type TriggerRules = (event: ReceivedEvent, presetKey: string | undefined) => Verdict;

const dedupeKeyLimit = 1_024;

/**
 * A webhook trigger's rules, compiled once a version. A request that calls itself JSON and isn't is refused, because
 * no step could use it; so is one whose filter or dedupe key can't be computed: the sender hears why.
 */
export function compileTriggerRules(trigger: WebhookTrigger): TriggerRules {
  const dedupe = trigger.dedupe === undefined ? undefined : compileTemplate(trigger.dedupe, { names: ["trigger"] });
  const filter = trigger.filter === undefined ? undefined : compileExpression(trigger.filter, { names: ["trigger"] });
  return (event, presetKey) => {
    const accepted: Verdict = { kind: "accepted", dedupeKey: presetKey ?? null };
    if (!dedupe && !filter && !isJsonType(mediaType(event.contentType))) return accepted;
    const opened = openEvent(event);
    if (opened.malformed !== undefined) {
      return rejected("invalid_json", `The body is not valid JSON: ${opened.malformed}`);
    }
    const scope = { trigger: opened.trigger };
    try {
      if (filter && !passes(filter, scope))
        return { kind: "filtered", reason: "The trigger's filter is not true for this request." };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return rejected("filter_failed", `The trigger's filter could not be computed: ${error.message}`);
    }
    return dedupe ? keyed(dedupe, scope) : accepted;
  };
}

type TriggerOnly = { trigger: ReturnType<typeof openEvent>["trigger"] };

function passes(filter: CompiledExpression, scope: TriggerOnly): boolean {
  return filter.evaluate(scope, new Budget()) === true;
}

function keyed(dedupe: CompiledTemplate, scope: TriggerOnly): Verdict {
  try {
    const value = toJson(dedupe.evaluate(scope, new Budget()));
    const key = typeof value === "string" ? value : JSON.stringify(value);
    if (value === null || key === "")
      return rejected("dedupe_failed", "The trigger's dedupe key is empty for this request.");
    if (key.length > dedupeKeyLimit) {
      return rejected(
        "dedupe_failed",
        `The trigger's dedupe key is ${key.length} characters long; the limit is ${dedupeKeyLimit}.`,
      );
    }
    return { kind: "accepted", dedupeKey: key };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return rejected("dedupe_failed", `The trigger's dedupe key could not be computed: ${error.message}`);
  }
}

const rejected = (code: (Verdict & { kind: "rejected" })["code"], reason: string): Verdict => ({
  kind: "rejected",
  status: 400,
  code,
  reason,
});
