import type { FilterStep } from "@millrace/automation";
import { MappingField } from "./MappingField.tsx";

type Props = { step: FilterStep; onChange: (step: FilterStep, tag?: string) => void };

export function FilterForm({ step, onChange }: Props) {
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
