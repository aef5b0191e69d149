import { NumberInput, Textarea, Title } from "@mantine/core";
import { type Definition, definitionLimits } from "@millrace/automation";
import { useEditor } from "../automations/editor-model.ts";
import { settingsKey } from "../automations/step-issues.ts";
import { StepIcon } from "../canvas/StepIcon.tsx";
import triggerClasses from "../trigger/TriggerForm.module.css";
import { findIssues } from "../trigger/trigger-issues.ts";
import classes from "./Field.module.css";

/** The middle pane for what concerns all runs of the automation. */
export function AutomationInspector() {
  const { definition, store, issues } = useEditor();
  const { concurrency } = definition;
  const set = (change: Partial<Definition>, tag: string) => store.change((old) => ({ ...old, ...change }), tag);
  const { at: errorAt } = findIssues(issues.get(settingsKey) ?? []);
  return (
    <div className={classes.form} data-step-form>
      <header className={classes.stepHead}>
        <StepIcon icon={{ kind: "settings" }} size={32} />
        <div className={classes.stepTitle}>
          <Title order={2} tabIndex={-1}>
            Automation settings
          </Title>
          <span style={{ fontSize: 12, color: "var(--quiet)" }}>Like the steps, they take effect when published.</span>
        </div>
      </header>
      <Textarea
        label="Description"
        description="For people; it has no effect."
        autosize
        minRows={2}
        maxLength={definitionLimits.descriptionLength}
        value={definition.description ?? ""}
        onChange={(event) => set({ description: event.currentTarget.value || undefined }, "description")}
        error={errorAt("description")}
      />
      <NumberInput
        label="Runs at once"
        description="Further runs wait their turn. To keep only some of them in order, give the trigger an order key."
        placeholder="Any number"
        min={1}
        max={definitionLimits.concurrency}
        allowDecimal={false}
        value={concurrency ?? ""}
        onChange={(next) => set({ concurrency: typeof next === "number" ? next : undefined }, "concurrency")}
        error={errorAt("concurrency")}
        styles={{ wrapper: { maxWidth: 200 } }}
      />
      <History
        value={definition.retention}
        onChange={(retention) => set({ retention }, "retention")}
        errorAt={errorAt}
      />
    </div>
  );
}

type HistoryProps = {
  value: Definition["retention"];
  onChange: (value: Definition["retention"]) => void;
  errorAt: (path: string) => string | undefined;
};

/** Limits within those of the installation: neither can make it keep more. */
function History({ value = {}, onChange, errorAt }: HistoryProps) {
  const set = (change: NonNullable<Definition["retention"]>) => {
    const { days, megabytes } = { ...value, ...change };
    const next = { ...(days === undefined ? {} : { days }), ...(megabytes === undefined ? {} : { megabytes }) };
    onChange(Object.keys(next).length === 0 ? undefined : next);
  };
  return (
    <section aria-labelledby="automation-history">
      <h3 id="automation-history" className={classes.title} style={{ margin: 0 }}>
        History
      </h3>
      <p className={classes.about}>
        How much of its runs and requests is kept, where that is less than the installation keeps. The oldest goes
        first.
      </p>
      <div className={triggerClasses.columns}>
        <NumberInput
          label="Days"
          placeholder="As long as the installation"
          min={1}
          max={definitionLimits.retentionDays}
          allowDecimal={false}
          value={value.days ?? ""}
          onChange={(next) => set({ days: typeof next === "number" ? next : undefined })}
          error={errorAt("retention.days")}
        />
        <NumberInput
          label="Megabytes"
          placeholder="No limit of its own"
          min={1}
          max={definitionLimits.retentionMegabytes}
          allowDecimal={false}
          value={value.megabytes ?? ""}
          onChange={(next) => set({ megabytes: typeof next === "number" ? next : undefined })}
          error={errorAt("retention.megabytes")}
        />
      </div>
    </section>
  );
}
