import { Button } from "@mantine/core";
import type { BranchStep } from "@millrace/automation";
import { Plus, Trash2 } from "lucide-react";
import { uniqueKeys } from "../shell/unique-keys.ts";
import classes from "./Field.module.css";
import { MappingField } from "./MappingField.tsx";

type Props = { step: BranchStep; onChange: (step: BranchStep, tag?: string) => void };

/** The first arm whose condition is true runs. */
export function BranchForm({ step, onChange }: Props) {
  const keys = uniqueKeys(step.branch.map(() => "arm"));
  const hasOtherwise = step.branch.some((arm) => "otherwise" in arm);
  const conditions = step.branch.filter((arm) => "when" in arm).length;
  const remove = (index: number) => onChange({ ...step, branch: step.branch.filter((_, at) => at !== index) });
  const addCondition = () => {
    const arm = { when: "true", steps: [] };
    const otherwise = step.branch.findIndex((each) => "otherwise" in each);
    onChange({ ...step, branch: step.branch.toSpliced(otherwise === -1 ? step.branch.length : otherwise, 0, arm) });
  };
  return (
    <>
      <p className={classes.about}>
        The first condition that is true decides which steps run. Then the flow goes on below the branch.
      </p>
      {step.branch.map((arm, index) => (
        <div key={keys[index]} className={classes.arm}>
          {"when" in arm ? (
            <MappingField
              title={`Condition ${index + 1}`}
              syntax="expression"
              isRequired
              isMultiline
              value={arm.when}
              onChange={(when) =>
                onChange(
                  { ...step, branch: step.branch.map((each, at) => (at === index ? { ...arm, when } : each)) },
                  `${step.id}.${index}`,
                )
              }
              placeholder="size(steps.summarize.text) > 140"
            />
          ) : (
            <div className={classes.title}>Otherwise</div>
          )}
          {("otherwise" in arm || conditions > 1) && (
            <Button
              variant="subtle"
              color="gray"
              size="compact-xs"
              mt={6}
              ml={-6}
              leftSection={<Trash2 size={12} aria-hidden />}
              onClick={() => remove(index)}
            >
              {removeText(stepsIn(arm))}
            </Button>
          )}
        </div>
      ))}
      <div style={{ display: "flex", gap: 8 }}>
        <Button variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={addCondition}>
          Add condition
        </Button>
        {!hasOtherwise && (
          <Button variant="default" onClick={() => onChange({ ...step, branch: [...step.branch, { otherwise: [] }] })}>
            Add otherwise
          </Button>
        )}
      </div>
    </>
  );
}

const stepsIn = (arm: BranchStep["branch"][number]) => ("when" in arm ? arm.steps.length : arm.otherwise.length);

function removeText(steps: number): string {
  if (steps === 0) return "Remove";
  return steps === 1 ? "Remove with its step" : `Remove with its ${steps} steps`;
}
