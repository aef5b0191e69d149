import { type Step, stepIdPattern } from "@millrace/automation";
import { useState } from "react";
import { renameStep } from "../automations/edit-definition.ts";
import { useEditor } from "../automations/editor-model.ts";
import { stepIds } from "../automations/step-places.ts";
import classes from "./StepIdField.module.css";

/** The id, edited in place; mappings that read the step follow. */
export function StepIdField({ step }: { step: Step }) {
  const { definition, store, select } = useEditor();
  const [typed, setTyped] = useState(step.id);
  const mistake = mistakeIn(typed, typed === step.id ? [] : stepIds(definition));
  const rename = () => {
    if (mistake || typed === step.id) {
      setTyped(step.id);
      return;
    }
    store.change(renameStep(definition, step.id, typed));
    select({ kind: "step", stepId: typed });
  };
  return (
    <div className={classes.root}>
      <input
        className={classes.input}
        aria-label="Step id"
        aria-invalid={mistake !== undefined}
        value={typed}
        size={Math.max(6, typed.length + 1)}
        spellCheck={false}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={rename}
        onKeyDown={(event) => {
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key === "Escape") setTyped(step.id);
        }}
      />
      {mistake && (
        <span role="alert" className={classes.mistake}>
          {mistake}
        </span>
      )}
    </div>
  );
}

function mistakeIn(id: string, taken: readonly string[]): string | undefined {
  if (!stepIdPattern.test(id)) return "A lower-case letter first, then letters, digits or underscores.";
  return taken.includes(id) ? "Another step has this id." : undefined;
}
