import { SegmentedControl, Select, Title } from "@mantine/core";
import type { Trigger } from "@millrace/automation";
import { TriangleAlert } from "lucide-react";
import { useEditor } from "../automations/editor-model.ts";
import { StepIcon } from "../canvas/StepIcon.tsx";
import classes from "./Field.module.css";
import { Fold } from "./Fold.tsx";
import { MappingField } from "./MappingField.tsx";
import { TestBench } from "./TestBench.tsx";
import { WebhookAddress } from "./WebhookAddress.tsx";

const triggerNames = ["trigger"];

/** The middle pane for the trigger: where requests go, which count, and a test. */
export function TriggerInspector() {
  const { definition, store, issues } = useEditor();
  const { trigger } = definition;
  const own = issues.get("trigger") ?? [];
  const change = (next: Trigger, tag?: string) => store.change((old) => ({ ...old, trigger: next }), tag);
  return (
    <div className={classes.form} data-step-form>
      <header className={classes.stepHead}>
        <StepIcon icon={{ kind: trigger.type }} size={32} />
        <div className={classes.stepTitle}>
          <Title order={2} tabIndex={-1}>
            {trigger.type === "webhook" ? "Webhook" : "Manual start"}
          </Title>
          <span className="mono" style={{ color: "var(--quiet)" }}>
            trigger
          </span>
        </div>
        <SegmentedControl
          size="xs"
          aria-label="Trigger type"
          value={trigger.type}
          onChange={(next) => change(next === "manual" ? { type: "manual" } : { type: "webhook" })}
          data={[
            { value: "webhook", label: "Webhook" },
            { value: "manual", label: "Manual" },
          ]}
        />
      </header>
      {own.length > 0 && (
        <ul className={classes.issues} aria-label="Problems of the trigger">
          {own.map((issue) => (
            <li key={`${issue.path} ${issue.message}`}>
              <TriangleAlert size={14} aria-hidden />
              {issue.message}
            </li>
          ))}
        </ul>
      )}
      {trigger.type === "webhook" && <WebhookAddress />}
      <TestBench />
      {trigger.type === "webhook" && (
        <Select
          label="Answer"
          description="When the sender hears back. Where it waits, a Respond step says what."
          data={[
            { value: "now", label: "At once, with the run's id" },
            { value: "whenFinished", label: "When the run has finished" },
          ]}
          value={trigger.respond ?? "now"}
          onChange={(next) => change({ ...trigger, respond: next === "whenFinished" ? "whenFinished" : undefined })}
          allowDeselect={false}
          maw={440}
        />
      )}
      {trigger.type === "webhook" && (
        <Fold
          title="Which requests count"
          note="dedupe, filter"
          startsOpen={trigger.dedupe !== undefined || trigger.filter !== undefined}
        >
          <MappingField
            title="Dedupe key"
            description="Requests that give the same text start one run for at least 7 days. Empty: every request starts one."
            value={trigger.dedupe ?? ""}
            onChange={(dedupe) => change({ ...trigger, dedupe: dedupe || undefined }, "trigger.dedupe")}
            names={triggerNames}
            placeholder={"{{ trigger.headers['x-event-id'] }}"}
          />
          <MappingField
            title="Filter"
            description="Only requests for which this is true start a run. The others are listed as filtered out."
            syntax="expression"
            value={trigger.filter ?? ""}
            onChange={(filter) => change({ ...trigger, filter: filter || undefined }, "trigger.filter")}
            names={triggerNames}
            placeholder={'trigger.body.type == "order.created"'}
          />
        </Fold>
      )}
    </div>
  );
}
