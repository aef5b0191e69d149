import { type Step, stepKind } from "@millrace/automation";
import { memo } from "react";
import { innerLists } from "../automations/step-places.ts";

/** The flow as an ordered list, for those who hear it. */
export const FlowOutline = memo(function FlowOutline({ steps }: { steps: readonly Step[] }) {
  return (
    <div className="visually-hidden">
      <p id="flow-outline">Steps in order</p>
      <StepList steps={steps} label="Steps in order" />
    </div>
  );
});

function StepList({ steps, label }: { steps: readonly Step[]; label: string }) {
  if (steps.length === 0) return <p>No steps.</p>;
  return (
    <ol aria-label={label}>
      {steps.map((step) => (
        <li key={step.id}>
          {step.id}: {whatItDoes(step)}
          {innerLists(step).map(({ steps: inner }, index) => (
            <StepList key={armName(step, index)} steps={inner} label={armName(step, index)} />
          ))}
        </li>
      ))}
    </ol>
  );
}

function armName(step: Step, index: number): string {
  if (!("branch" in step)) return `If ${step.id} fails`;
  const arm = step.branch[index];
  return arm && "when" in arm ? `${index + 1}: when ${arm.when}` : `${index + 1}: otherwise`;
}

function whatItDoes(step: Step): string {
  if ("action" in step) return step.action;
  return "filter" in step ? `filter ${step.filter}` : stepKind(step);
}
