import { Select, TextInput } from "@mantine/core";
import type { Json } from "@millrace/base";
import { Search } from "lucide-react";
import { memo, useState } from "react";
import { type FieldInserter, useEditor } from "../automations/editor-model.ts";
import type { StepSample } from "../expressions/preview-scope.ts";
import classes from "./DataDrawer.module.css";
import { DataSection } from "./DataSection.tsx";

/** With more steps than this, only their names show at first. */
const mostOpen = 8;

/** The values that the selected step can use; a click puts a value's path into the field that was last focused. */
export function DataDrawer() {
  const { triggerSamples, triggerSample, chooseTrigger, stepSamples, insertPath } = useEditor();
  const [query, setQuery] = useState("");
  const { body, headers, query: parameters, method, receivedAt } = triggerSample.trigger;
  const trigger: Json = { body, headers, query: parameters, method, receivedAt };
  return (
    <div className={classes.drawer}>
      <h2 className={classes.title}>Data</h2>
      <p className={classes.about}>Click a value to insert it where you were typing.</p>
      <TextInput
        size="xs"
        aria-label="Search data"
        placeholder="Search names and values"
        leftSection={<Search size={12} aria-hidden />}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <DataSection
        title="Trigger"
        path={["trigger"]}
        value={trigger}
        source={triggerSample.source === "delivery" ? "recorded" : "example"}
        query={query}
        isFolded={false}
        onPick={insertPath}
      >
        {triggerSamples.length > 1 && (
          <Select
            size="xs"
            aria-label="Sample of the trigger"
            data={triggerSamples.map(({ id, label }) => ({ value: id, label }))}
            value={triggerSample.id}
            onChange={(id) => id && chooseTrigger(id)}
            allowDeselect={false}
            mb={6}
          />
        )}
      </DataSection>
      <StepData samples={stepSamples} query={query} onPick={insertPath} />
    </div>
  );
}

type StepDataProps = { samples: readonly StepSample[]; query: string; onPick: FieldInserter };

/** Drawn anew only if its own data changed, not with every key that is typed in a field. */
const StepData = memo(function StepData({ samples, query, onPick }: StepDataProps) {
  return samples.map(({ id, title, value, source }) => (
    <DataSection
      key={id}
      title={title}
      path={["steps", id]}
      value={value}
      source={source === "run" ? "recorded" : source}
      query={query}
      isFolded={samples.length > mostOpen}
      onPick={onPick}
    />
  ));
});
