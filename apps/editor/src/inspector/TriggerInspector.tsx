import { SegmentedControl, Select, Title } from "@mantine/core";
import type { Trigger, WebhookTrigger } from "@millrace/automation";
import { TriangleAlert } from "lucide-react";
import { useEditor } from "../automations/editor-model.ts";
import { isWithin } from "../automations/step-issues.ts";
import { StepIcon } from "../canvas/StepIcon.tsx";
import { CountFold } from "../trigger/CountFold.tsx";
import { RequestsFold, requestPaths } from "../trigger/RequestsFold.tsx";
import { VerificationFold } from "../trigger/VerificationFold.tsx";
import classes from "./Field.module.css";
import { TestBench } from "./TestBench.tsx";
import { WebhookAddress } from "./WebhookAddress.tsx";

/** The middle pane for the trigger: where requests go, which count, and a test. */
export function TriggerInspector() {
  const { definition, store, issues } = useEditor();
  const { trigger } = definition;
  // Those of a field stand at the field.
  const general = (issues.get("trigger") ?? []).filter(
    ({ path }) => !fieldPaths.some((field) => isWithin(path, field)),
  );
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
      {general.length > 0 && (
        <ul className={classes.issues} aria-label="Problems of the trigger">
          {general.map((issue) => (
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
        <WebhookForm trigger={trigger} onChange={(part, tag) => change({ ...trigger, ...part }, tag)} />
      )}
    </div>
  );
}

const fieldPaths = ["trigger.verify", ...requestPaths];

type WebhookFormProps = {
  trigger: WebhookTrigger;
  onChange: (change: Partial<WebhookTrigger>, tag?: string) => void;
};

function WebhookForm({ trigger, onChange }: WebhookFormProps) {
  return (
    <>
      <Select
        label="Answer"
        description="When the sender hears back. Where it waits, a Respond step says what."
        data={[
          { value: "now", label: "At once, with the run's id" },
          { value: "whenFinished", label: "When the run has finished" },
        ]}
        value={trigger.respond ?? "now"}
        onChange={(next) => onChange({ respond: next === "whenFinished" ? "whenFinished" : undefined })}
        allowDeselect={false}
        maw={440}
      />
      <VerificationFold trigger={trigger} onChange={onChange} />
      <RequestsFold trigger={trigger} onChange={onChange} />
      <CountFold trigger={trigger} onChange={onChange} />
    </>
  );
}
