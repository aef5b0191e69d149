import { ActionIcon, Button, TextInput } from "@mantine/core";
import type { BranchStep, FilterStep, SetStep } from "@millrace/automation";
import { Plus, Trash2 } from "lucide-react";
import classes from "./Field.module.css";
import { JsonField } from "./JsonField.tsx";
import { MappingField } from "./MappingField.tsx";

type FormProps<Step> = { step: Step; onChange: (step: Step, tag?: string) => void };

/** Variables: each a name and any value. */
export function SetForm({ step, onChange }: FormProps<SetStep>) {
  const entries = Object.entries(step.set);
  const rename = (index: number, name: string) => {
    const isTaken = entries.some(([other], at) => at !== index && other === name);
    if (isTaken) return;
    onChange(
      { ...step, set: Object.fromEntries(entries.map(([key, value], at) => [at === index ? name : key, value])) },
      `${step.id}.name`,
    );
  };
  const add = () => {
    const names = new Set(entries.map(([name]) => name));
    let count = entries.length + 1;
    while (names.has(`value${count}`)) count++;
    onChange({ ...step, set: { ...step.set, [`value${count}`]: "" } });
  };
  return (
    <>
      <p className={classes.about}>
        Later steps read a variable as <code className="mono">{`steps.${step.id}.name`}</code>.
      </p>
      {entries.map(([name, value], index) => (
        // A row is its place: its name changes while it is typed.
        <div key={`row ${index}`} className={classes.arm}>
          <div style={{ display: "flex", gap: 8, alignItems: "flex-end", marginBottom: 12 }}>
            <TextInput
              label="Name"
              value={name}
              onChange={(event) => rename(index, event.currentTarget.value)}
              style={{ flex: 1 }}
              styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            />
            <ActionIcon
              size={36}
              aria-label={`Remove ${name}`}
              onClick={() => onChange({ ...step, set: Object.fromEntries(entries.filter((_, at) => at !== index)) })}
            >
              <Trash2 size={15} aria-hidden />
            </ActionIcon>
          </div>
          <JsonField
            field={{ title: `Value of ${name}`, isRequired: false }}
            value={value}
            onChange={(next) => onChange({ ...step, set: { ...step.set, [name]: next ?? "" } }, `${step.id}.${name}`)}
          />
        </div>
      ))}
      <div>
        <Button variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={add}>
          Add variable
        </Button>
      </div>
    </>
  );
}

export function FilterForm({ step, onChange }: FormProps<FilterStep>) {
  return (
    <MappingField
      title="Condition"
      description="The run goes on only where this is true. Otherwise it ends here, as succeeded."
      syntax="expression"
      isRequired
      isMultiline
      value={step.filter}
      onChange={(filter) => onChange({ ...step, filter }, `${step.id}.filter`)}
      placeholder="trigger.body.amount > 100"
    />
  );
}

/** The first arm whose condition is true runs. */
export function BranchForm({ step, onChange }: FormProps<BranchStep>) {
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
        <div key={`arm ${index}`} className={classes.arm}>
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
              {stepsIn(arm) === 0 ? "Remove" : `Remove with its ${stepsIn(arm)} steps`}
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
