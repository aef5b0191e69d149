import { ActionIcon, Menu, Title } from "@mantine/core";
import type { Step } from "@millrace/automation";
import { ArrowDown, ArrowUp, CopyPlus, MoreHorizontal, Trash2, TriangleAlert } from "lucide-react";
import { duplicateStep, moveStep, removeStep } from "../automations/edit-definition.ts";
import { useEditor } from "../automations/editor-model.ts";
import { fieldOfIssue } from "../automations/step-issues.ts";
import { changeStep } from "../automations/step-places.ts";
import { describeStep } from "../canvas/flow-nodes.ts";
import { StepIcon } from "../canvas/StepIcon.tsx";
import { findAction } from "../connectors/action-title.ts";
import { ActionForm } from "./ActionForm.tsx";
import { BranchForm } from "./BranchForm.tsx";
import classes from "./Field.module.css";
import { FilterForm } from "./FilterForm.tsx";
import { RespondForm } from "./RespondForm.tsx";
import { SetForm } from "./SetForm.tsx";
import { StepIdField } from "./StepIdField.tsx";

/** The middle pane for one step. */
export function StepInspector({ step }: { step: Step }) {
  const { catalog, issues, store } = useEditor();
  const { title, icon } = describeStep(step, catalog);
  const own = issues.get(step.id) ?? [];
  const summary = "action" in step ? findAction(catalog, step.action)?.summary : undefined;
  // Those of a field stand at the field.
  const general = own.filter((issue) => !("action" in step) || fieldOfIssue(issue) === undefined);
  const change = (next: Step, tag?: string) =>
    store.change((definition) => changeStep(definition, step.id, () => next), tag);
  return (
    <div className={classes.form} data-step-form>
      <header className={classes.stepHead}>
        <StepIcon icon={icon} size={32} />
        <div className={classes.stepTitle}>
          <Title order={2} tabIndex={-1}>
            {title}
          </Title>
          <StepIdField key={step.id} step={step} />
        </div>
        <StepMenu step={step} />
      </header>
      {summary && (
        <p className={classes.about} style={{ marginTop: -8 }}>
          {summary}
        </p>
      )}
      {general.length > 0 && (
        <ul className={classes.issues} aria-label="Problems of this step">
          {general.map((issue) => (
            <li key={`${issue.path} ${issue.message}`}>
              <TriangleAlert size={14} aria-hidden />
              {issue.message}
            </li>
          ))}
        </ul>
      )}
      <StepForm step={step} change={change} />
    </div>
  );
}

function StepForm({ step, change }: { step: Step; change: (step: Step, tag?: string) => void }) {
  const { issues } = useEditor();
  if ("action" in step)
    return <ActionForm key={step.id} step={step} issues={issues.get(step.id) ?? []} onChange={change} />;
  if ("set" in step) return <SetForm key={step.id} step={step} onChange={change} />;
  if ("filter" in step) return <FilterForm key={step.id} step={step} onChange={change} />;
  if ("respond" in step) return <RespondForm key={step.id} step={step} onChange={change} />;
  return <BranchForm key={step.id} step={step} onChange={change} />;
}

function StepMenu({ step }: { step: Step }) {
  const { store, definition, select } = useEditor();
  const duplicate = () => {
    const copied = duplicateStep(definition, step.id);
    store.change(copied.definition);
    select({ kind: "step", stepId: copied.stepId }, "open");
  };
  const remove = () => {
    store.change(removeStep(definition, step.id));
    select({ kind: "trigger" }, "open");
  };
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <ActionIcon aria-label="Step actions">
          <MoreHorizontal size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<ArrowUp size={14} aria-hidden />}
          onClick={() => store.change(moveStep(definition, step.id, -1))}
        >
          Move up
        </Menu.Item>
        <Menu.Item
          leftSection={<ArrowDown size={14} aria-hidden />}
          onClick={() => store.change(moveStep(definition, step.id, 1))}
        >
          Move down
        </Menu.Item>
        <Menu.Item leftSection={<CopyPlus size={14} aria-hidden />} onClick={duplicate}>
          Duplicate
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<Trash2 size={14} aria-hidden />} onClick={remove}>
          Delete step
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
