import type { ActionStep } from "@millrace/automation";
import type { Json } from "@millrace/base";
import type { DefinitionIssueView } from "@millrace/contract";
import { useEditor } from "../automations/editor-model.ts";
import { fieldOfIssue } from "../automations/step-issues.ts";
import { findAction } from "../connectors/action-title.ts";
import { ActionField } from "./ActionField.tsx";
import { ConnectionPicker } from "./ConnectionPicker.tsx";
import { Fold } from "./Fold.tsx";
import { formFields } from "./form-fields.ts";
import { JsonField } from "./JsonField.tsx";
import { StepSettings } from "./StepSettings.tsx";

type Props = {
  step: ActionStep;
  issues: readonly DefinitionIssueView[];
  onChange: (step: ActionStep, tag?: string) => void;
};

/** The form of an action, made of its JSON Schema. */
export function ActionForm({ step, issues, onChange }: Props) {
  const { catalog } = useEditor();
  const action = findAction(catalog, step.action);
  if (!action) {
    const whole = {
      title: "Input",
      isRequired: false,
      description: `${step.action} is not in the catalog, so its fields are not known.`,
    };
    return (
      <JsonField
        field={whole}
        value={step.input}
        onChange={(next) => isObject(next) && onChange({ ...step, input: next }, "input")}
      />
    );
  }
  const fields = formFields(action.input);
  const errorOf = (name: string) =>
    issues.find((issue) => fieldOfIssue(issue) === name && !shownByPreview.has(issue.code))?.message;
  const set = (name: string, value: Json | undefined) => {
    const { [name]: _, ...rest } = step.input;
    // Fields keep the schema's order, so that a saved definition reads like its form.
    const next = value === undefined ? rest : { ...rest, [name]: value };
    const order = [...fields.map((field) => field.name), ...Object.keys(next)];
    const entries = [...new Set(order)].flatMap((key) =>
      Object.hasOwn(next, key) ? [[key, next[key] ?? null] as const] : [],
    );
    onChange({ ...step, input: Object.fromEntries(entries) }, `${step.id}.${name}`);
  };
  const show = (isAdvanced: boolean) =>
    fields
      .filter((field) => field.isAdvanced === isAdvanced)
      .map((field) => (
        <ActionField
          key={`${step.id}.${field.name}`}
          field={field}
          value={Object.hasOwn(step.input, field.name) ? step.input[field.name] : undefined}
          onChange={(value) => set(field.name, value)}
          error={errorOf(field.name)}
          optionsFrom={
            action.optionFields.includes(field.name) ? { actionId: action.id, connection: step.connection } : undefined
          }
        />
      ));
  const advanced = show(true);
  return (
    <>
      {action.connection !== "none" && (
        <ConnectionPicker
          step={step}
          action={action}
          onChange={(connection) => onChange({ ...step, connection })}
          error={errorOf("connection")}
        />
      )}
      {show(false)}
      {advanced.length > 0 && <Fold title="Advanced">{advanced}</Fold>}
      <StepSettings key={step.id} step={step} onChange={(next) => onChange(next, `${step.id}.settings`)} />
    </>
  );
}

/** What the preview under a field says already, and sooner. */
const shownByPreview = new Set(["invalid_expression", "unknown_step", "later_step"]);

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
