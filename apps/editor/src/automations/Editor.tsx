import type { Automation, Connector } from "@millrace/contract";
import { useCallback, useState } from "react";
import { FlowCanvas } from "../canvas/FlowCanvas.tsx";
import { DataDrawer } from "../data/DataDrawer.tsx";
import { AutomationInspector } from "../inspector/AutomationInspector.tsx";
import { StepInspector } from "../inspector/StepInspector.tsx";
import { StepPalette } from "../inspector/StepPalette.tsx";
import { TriggerInspector } from "../inspector/TriggerInspector.tsx";
import { type PaneName, ThreePanes } from "../shell/ThreePanes.tsx";
import { useTitle } from "../shell/use-title.ts";
import { ConflictBanner } from "./ConflictBanner.tsx";
import { EditorBar } from "./EditorBar.tsx";
import { EditorModelProvider, useEditor } from "./editor-model.ts";
import { KeyboardHelp } from "./KeyboardHelp.tsx";
import { findPlaced } from "./step-places.ts";
import { useDraftStore } from "./use-draft-store.ts";
import { useEditorModel } from "./use-editor-model.ts";
import { useUndoKeys } from "./use-undo-keys.ts";

type Props = {
  loaded: Automation;
  catalog: readonly Connector[];
  /** A link led to a step or the settings: a narrow screen starts with it. */
  opensStep: boolean;
};

/** One automation in three panes: flow, step, data. */
export function Editor({ loaded, catalog, opensStep }: Props) {
  const [store, state] = useDraftStore(loaded);
  const [pane, setPane] = useState<PaneName>(opensStep ? "centre" : "left");
  const showStep = useCallback(() => setPane("centre"), []);
  const model = useEditorModel({ store, state, catalog, onSelect: showStep });
  useTitle(model.definition.name);
  useUndoKeys(store);
  return (
    <EditorModelProvider value={model}>
      <ThreePanes
        active={pane}
        onActivate={setPane}
        bar={
          <>
            <EditorBar state={state} />
            <ConflictBanner store={store} save={state.save} />
          </>
        }
        left={{ title: "Flow", content: <FlowCanvas /> }}
        centre={{ title: "Step", content: <Inspector /> }}
        right={{ title: "Data", content: <DataDrawer /> }}
      />
      <KeyboardHelp />
    </EditorModelProvider>
  );
}

function Inspector() {
  const { definition, selection } = useEditor();
  if (selection.kind === "palette") return <StepPalette place={selection.place} />;
  if (selection.kind === "settings") return <AutomationInspector />;
  const placed = selection.kind === "step" ? findPlaced(definition, selection.stepId) : undefined;
  return placed ? <StepInspector step={placed.step} /> : <TriggerInspector />;
}
