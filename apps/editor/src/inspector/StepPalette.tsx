import { TextInput, Title } from "@mantine/core";
import type { Step } from "@millrace/automation";
import { Search } from "lucide-react";
import { useState } from "react";
import { freshId, insertStep } from "../automations/edit-definition.ts";
import { useEditor } from "../automations/editor-model.ts";
import { type InsertPlace, stepIds } from "../automations/step-places.ts";
import { describeStep } from "../canvas/flow-nodes.ts";
import { StepIcon } from "../canvas/StepIcon.tsx";
import { searchCatalog } from "../connectors/search-catalog.ts";
import classes from "./StepPalette.module.css";

type Block = { step: Step; title: string; summary: string };

const blocks: readonly Block[] = [
  { step: { id: "set", set: { value: "" } }, title: "Set variables", summary: "Compute values once and name them." },
  { step: { id: "filter", filter: "true" }, title: "Filter", summary: "Go on only where a condition is true." },
  {
    step: { id: "branch", branch: [{ when: "true", steps: [] }, { otherwise: [] }] },
    title: "Branch",
    summary: "Run other steps depending on a condition.",
  },
  {
    step: { id: "respond", respond: { body: "" } },
    title: "Respond",
    summary: "Answer the sender of a webhook that waits for its run.",
  },
];

/** What can be added, from the catalog and the building blocks. */
export function StepPalette({ place }: { place: InsertPlace }) {
  const { catalog, definition, store, anchor, select, closePalette } = useEditor();
  const [query, setQuery] = useState("");
  const found = searchCatalog(catalog, query);
  const foundBlocks = blocks.filter(({ title, summary }) =>
    `${title} ${summary}`.toLowerCase().includes(query.trim().toLowerCase()),
  );
  const add = (step: Step) => {
    const id = freshId(step.id, new Set(stepIds(definition)));
    store.change(insertStep(definition, place, { ...step, id }));
    select({ kind: "step", stepId: id }, "open");
  };
  const leave = () => {
    closePalette();
    document.querySelector<HTMLElement>(`[data-flow-key="${CSS.escape(anchor)}"]`)?.focus();
  };
  const [first] = found.flatMap(({ actions }) => actions);
  return (
    <div className={classes.palette}>
      <Title order={2}>Add a step</Title>
      <TextInput
        aria-label="Search actions"
        placeholder="Search actions, such as message or http"
        leftSection={<Search size={14} aria-hidden />}
        autoFocus
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && first && query !== "") add(actionStep(first.id, first.name));
          if (event.key === "Escape") leave();
        }}
      />
      {foundBlocks.length > 0 && (
        <section aria-label="Flow">
          <h3 className={classes.heading}>Flow</h3>
          <div className={classes.list}>
            {foundBlocks.map((block) => (
              <PaletteItem
                key={block.title}
                step={block.step}
                title={block.title}
                summary={block.summary}
                onAdd={() => add(block.step)}
              />
            ))}
          </div>
        </section>
      )}
      {found.map(({ connector, actions }) => (
        <section key={connector.id} aria-label={connector.title}>
          <h3 className={classes.heading}>{connector.title}</h3>
          <div className={classes.list}>
            {actions.map((action) => {
              const step = actionStep(action.id, action.name);
              return (
                <PaletteItem
                  key={action.id}
                  step={step}
                  title={action.title}
                  summary={action.summary}
                  onAdd={() => add(step)}
                />
              );
            })}
          </div>
        </section>
      ))}
      {found.length === 0 && foundBlocks.length === 0 && (
        <p className={classes.none}>
          Nothing fits. Any service with an HTTP API can be called with the HTTP connector.
        </p>
      )}
    </div>
  );
}

const actionStep = (action: string, name: string): Step => ({ id: name, action, input: {} });

function PaletteItem({
  step,
  title,
  summary,
  onAdd,
}: {
  step: Step;
  title: string;
  summary: string;
  onAdd: () => void;
}) {
  const { catalog } = useEditor();
  return (
    <button type="button" className={classes.item} onClick={onAdd}>
      <StepIcon icon={describeStep(step, catalog).icon} />
      <span className={classes.texts}>
        <strong>
          <span className="visually-hidden">Add </span>
          {title}
        </strong>
        <span>{summary}</span>
      </span>
    </button>
  );
}
