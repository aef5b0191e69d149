import type { KeyboardEvent, RefObject } from "react";
import { removeStep } from "../automations/edit-definition.ts";
import { useEditor } from "../automations/editor-model.ts";
import { findPlaced, rootList, stepIds } from "../automations/step-places.ts";

/** Arrows walk, Enter opens, A adds after, Delete removes. */
export function useFlowKeys(host: RefObject<HTMLElement | null>): (event: KeyboardEvent) => void {
  const { definition, anchor: current, select, store } = useEditor();
  const keys = ["trigger", ...stepIds(definition)];

  const go = (key: string) => {
    select(key === "trigger" ? { kind: "trigger" } : { kind: "step", stepId: key }, "walk");
    requestAnimationFrame(() => focusStep(host.current, key));
  };
  const addAfter = () => {
    const placed = current === "trigger" ? undefined : findPlaced(definition, current);
    const place = placed ? { list: placed.place.list, index: placed.place.index + 1 } : { list: rootList, index: 0 };
    select({ kind: "palette", place });
  };
  const remove = () => {
    if (current === "trigger") return;
    const index = keys.indexOf(current);
    store.change(removeStep(definition, current));
    go(keys[index - 1] ?? "trigger");
  };
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const index = keys.indexOf(current);
    const target = { ArrowDown: keys[index + 1], ArrowUp: keys[index - 1], Home: keys[0], End: keys.at(-1) }[event.key];
    if (target !== undefined) go(target);
    else if (event.key === "a" || event.key === "A") addAfter();
    else if (event.key === "Delete" || event.key === "Backspace") remove();
    else return;
    event.preventDefault();
  };
}

function focusStep(host: HTMLElement | null, key: string): void {
  // The flow moves into sight by itself; scrolling would move it twice.
  host?.querySelector<HTMLElement>(`[data-flow-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
