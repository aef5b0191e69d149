import type { Connector } from "@millrace/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { samplesQuery } from "../api/queries.ts";
import { findAction } from "../connectors/action-title.ts";
import { areSameSamples, exampleTrigger, previewScope, stepSamples } from "../expressions/preview-scope.ts";
import { useKept } from "../shell/use-kept.ts";
import type { DraftState, DraftStore, SaveState } from "./draft-store.ts";
import type { EditorModel, FieldInserter, Select, Selection } from "./editor-model.ts";
import { areSameIssues, draftIssues, issuesByStep } from "./step-issues.ts";
import { findPlaced } from "./step-places.ts";

const route = getRouteApi("/app/automations/$automationId");

type Options = { store: DraftStore; state: DraftState; catalog: readonly Connector[]; onSelect: () => void };

export function useEditorModel({ store, state, catalog, onSelect }: Options): EditorModel {
  const { automation } = state;
  const definition = state.history.present;
  const { data: samples } = useQuery(samplesQuery(automation.id));
  const { selection, below, select, closePalette } = useSelection(onSelect);
  const [triggerId, chooseTrigger] = useState<string>();
  const field = useRef<FieldInserter>(undefined);

  const stepId = selection.kind === "step" ? selection.stepId : undefined;
  const triggerSamples = useMemo(
    () => (samples && samples.triggers.length > 0 ? samples.triggers : [exampleTrigger(automation)]),
    [samples, automation],
  );
  const triggerSample =
    triggerSamples.find(({ id }) => id === triggerId) ?? triggerSamples[0] ?? exampleTrigger(automation);
  const found = useMemo(
    () =>
      stepSamples({ definition, stepId, samples, trigger: triggerSample, findAction: (id) => findAction(catalog, id) }),
    [definition, stepId, samples, triggerSample, catalog],
  );
  const readable = useKept(found, areSameSamples);
  const anchor = below !== undefined && findPlaced(definition, below) ? below : "trigger";
  const { id, name } = automation;
  const scope = useMemo(() => previewScope({ id, name }, triggerSample, readable), [id, name, triggerSample, readable]);
  const answered = useKept(state.save, isUnanswered);
  const foundIssues = useMemo(
    () => issuesByStep(definition, draftIssues(automation, answered)),
    [definition, automation, answered],
  );
  const issues = useKept(foundIssues, areSameIssues);
  const registerField = useCallback((inserter: FieldInserter | undefined) => {
    field.current = inserter;
  }, []);
  const insertPath = useCallback<FieldInserter>((path) => field.current?.(path), []);
  return {
    automation,
    definition,
    store,
    catalog,
    issues,
    selection,
    anchor,
    select,
    closePalette,
    scope,
    triggerSamples,
    triggerSample,
    chooseTrigger,
    stepSamples: readable,
    samples,
    registerField,
    insertPath,
  };
}

/** Until the next answer, what the last one said stays: problems don't flicker with every key. */
const isUnanswered = (_before: SaveState, { kind }: SaveState) => kind === "unsaved" || kind === "saving";

type StepSelection = {
  selection: Selection;
  /** The step in the address, which the palette may cover. */
  below: string | undefined;
  select: Select;
  closePalette: () => void;
};

/** What is selected stands in the address, so that a link opens it; the palette is passing. */
function useSelection(onSelect: () => void): StepSelection {
  const { step, pane } = route.useSearch();
  const navigate = route.useNavigate();
  const [palette, setPalette] = useState<Extract<Selection, { kind: "palette" }>>();
  const closePalette = useCallback(() => setPalette(undefined), []);
  const select = useCallback<Select>(
    (next, how) => {
      setPalette(next.kind === "palette" ? next : undefined);
      if (how !== "walk") onSelect();
      if (next.kind === "palette") return;
      const search = {
        step: next.kind === "step" ? next.stepId : undefined,
        pane: next.kind === "settings" ? next.kind : undefined,
      };
      void navigate({ search, replace: true }).then(() => {
        if (how === "open") requestAnimationFrame(focusForm);
      });
    },
    [navigate, onSelect],
  );
  const selection = useMemo<Selection>(
    () => palette ?? (pane ? { kind: pane } : step ? { kind: "step", stepId: step } : { kind: "trigger" }),
    [palette, pane, step],
  );
  return { selection, below: step, select, closePalette };
}

function focusForm(): void {
  document.querySelector<HTMLElement>("[data-step-form] h2")?.focus();
}
