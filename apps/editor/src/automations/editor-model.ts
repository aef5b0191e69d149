import type { Definition, Scope } from "@millrace/automation";
import type { Automation, Connector, Samples } from "@millrace/contract";
import { createContext, useContext } from "react";
import type { PathSegment } from "../data/json-rows.ts";
import type { StepSample, TriggerSample } from "../expressions/preview-scope.ts";
import type { DraftStore } from "./draft-store.ts";
import type { StepIssues } from "./step-issues.ts";
import type { InsertPlace } from "./step-places.ts";

/** What the middle pane shows: a step by its id, the trigger, what concerns the whole, or the palette for a new step. */
export type Selection =
  | { kind: "trigger" }
  | { kind: "settings" }
  | { kind: "step"; stepId: string }
  | { kind: "palette"; place: InsertPlace };

/**
 * How a selection was made: `walk` leaves everything else as it is, `open` moves the focus into the form, and without
 * either a narrow screen shows the form.
 */
export type Select = (selection: Selection, how?: "walk" | "open") => void;

export type FieldInserter = (path: readonly PathSegment[]) => void;

export type EditorModel = {
  automation: Automation;
  definition: Definition;
  store: DraftStore;
  catalog: readonly Connector[];
  issues: StepIssues;
  selection: Selection;
  /** The step, or `trigger`, that the keyboard stands on: what is selected, or was before the palette opened. */
  anchor: string;
  select: Select;
  closePalette: () => void;
  /** Sample data for the selected step. */
  scope: Scope;
  triggerSamples: readonly TriggerSample[];
  triggerSample: TriggerSample;
  chooseTrigger: (id: string) => void;
  stepSamples: readonly StepSample[];
  samples: Samples | undefined;
  /** The field that was last focused says how a path lands in it. */
  registerField: (inserter: FieldInserter | undefined) => void;
  insertPath: FieldInserter;
};

const context = createContext<EditorModel | undefined>(undefined);

export const EditorModelProvider = context.Provider;

export function useEditor(): EditorModel {
  const model = useContext(context);
  if (!model) throw new Error("useEditor works inside EditorModelProvider");
  return model;
}
