import { presets, type WebhookTrigger } from "@millrace/automation";
import { Fold } from "../inspector/Fold.tsx";
import { MappingField } from "../inspector/MappingField.tsx";
import { useTriggerIssues } from "./trigger-issues.ts";

type Props = { trigger: WebhookTrigger; onChange: (change: Partial<WebhookTrigger>, tag?: string) => void };

const names = ["trigger"];

/** Which requests start a run of their own, and in which order their runs execute. */
export function CountFold({ trigger, onChange }: Props) {
  const issues = useTriggerIssues();
  const { dedupe, filter, order } = trigger;
  const set = [dedupe && "dedupe", filter && "filter", order && "order"].filter(Boolean);
  return (
    <Fold
      title="Duplicates, filter and order"
      note={set.join(", ") || "every request, in any order"}
      problems={issues.count(["trigger.dedupe", "trigger.filter", "trigger.order"])}
      startsOpen={set.length > 0}
    >
      <MappingField
        title="Dedupe key"
        description={`Requests that give the same text start one run for at least 7 days; the word body stands for the whole body. Empty: ${withoutDedupe(trigger)}`}
        value={dedupe ?? ""}
        onChange={(next) => onChange({ dedupe: next || undefined }, "trigger.dedupe")}
        names={names}
        placeholder={"{{ trigger.headers['x-event-id'] }}"}
      />
      <MappingField
        title="Filter"
        description="Only requests for which this is true start a run. The others are listed as filtered out."
        syntax="expression"
        value={filter ?? ""}
        onChange={(next) => onChange({ filter: next || undefined }, "trigger.filter")}
        names={names}
        placeholder={'trigger.body.type == "order.created"'}
      />
      <MappingField
        title="Order key"
        description="Runs for which this gives the same text execute one at a time, in the order of arrival: one that waits or needs review holds back those behind it. Empty: runs execute side by side."
        value={order ?? ""}
        onChange={(next) => onChange({ order: next || undefined }, "trigger.order")}
        names={names}
        placeholder={"{{ trigger.body.customer.id }}"}
      />
    </Fold>
  );
}

function withoutDedupe({ verify }: WebhookTrigger): string {
  if (!verify || !("preset" in verify) || verify.preset === "none") return "every request starts one.";
  const { title, dedupe } = presets[verify.preset];
  return dedupe.length > 0 ? `what ${title} sends twice starts one run.` : "every request starts one.";
}
