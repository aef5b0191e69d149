import type { Definition } from "@millrace/automation";
import { placedSteps } from "./step-places.ts";

/** What a draft changes, in a sentence: "1 step added, 2 changed, the trigger changed". */
export function publishSummary(published: Definition | undefined, draft: Definition): string {
  if (!published) return `${counted(placedSteps(draft.steps).length, "step")}, not published yet`;
  const before = new Map(
    placedSteps(published.steps).map(({ step, place }) => [step.id, { ...withoutInner(step), place }]),
  );
  const after = new Map(placedSteps(draft.steps).map(({ step, place }) => [step.id, { ...withoutInner(step), place }]));
  const added = [...after.keys()].filter((id) => !before.has(id));
  const removed = [...before.keys()].filter((id) => !after.has(id));
  const changed = [...after].filter(([id, step]) => before.has(id) && content(step) !== content(before.get(id)));
  const isMoved = added.length + removed.length === 0 && [...before.keys()].join() !== [...after.keys()].join();
  const parts = [
    added.length > 0 && `${counted(added.length, "step")} added`,
    removed.length > 0 && `${counted(removed.length, "step")} removed`,
    changed.length > 0 && `${counted(changed.length, "step")} changed`,
    isMoved && "the order changed",
    JSON.stringify(published.trigger) !== JSON.stringify(draft.trigger) && "the trigger changed",
    settingsOf(published) !== settingsOf(draft) && "the settings changed",
    published.name !== draft.name && "renamed",
  ].filter((part) => part !== false);
  return parts.length === 0 ? "No changes" : parts.join(", ");
}

const settingsOf = ({ description, concurrency, retention }: Definition) =>
  JSON.stringify([description, concurrency, retention]);

const counted = (count: number, noun: string) => (count === 1 ? `1 ${noun}` : `${count} ${noun}s`);

/** Steps inside count for themselves, and where a step stands is not what it does. */
function withoutInner(step: object): object {
  return Object.fromEntries(
    Object.entries(step).map(([key, value]) => [key, key === "branch" ? armConditions(value) : value]),
  );
}

function armConditions(arms: unknown): unknown {
  return Array.isArray(arms) ? arms.map((arm: { when?: string }) => arm.when ?? "otherwise") : arms;
}

const content = (step: object | undefined) => JSON.stringify({ ...step, place: undefined });
