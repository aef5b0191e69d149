/** What can be undone and redone; the newest past state stands last. */
export type UndoHistory<State> = {
  past: readonly State[];
  present: State;
  future: readonly State[];
  /** What the last change touched: quick changes of one thing are one step back. */
  lastTag: string;
  lastAtMs: number;
};

const mostSteps = 200;
const joinWithinMs = 1_200;

export function startHistory<State>(present: State): UndoHistory<State> {
  return { past: [], present, future: [], lastTag: "", lastAtMs: 0 };
}

/** Records a change. Changes with one tag that follow each other quickly, such as typing, become one. */
export function record<State>(
  history: UndoHistory<State>,
  next: State,
  tag: string,
  nowMs: number,
): UndoHistory<State> {
  if (next === history.present) return history;
  const joins =
    tag !== "" && tag === history.lastTag && nowMs - history.lastAtMs < joinWithinMs && history.past.length > 0;
  const past = joins ? history.past : [...history.past, history.present].slice(-mostSteps);
  return { past, present: next, future: [], lastTag: tag, lastAtMs: nowMs };
}

export function undo<State>(history: UndoHistory<State>): UndoHistory<State> {
  const previous = history.past.at(-1);
  if (previous === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: previous,
    future: [history.present, ...history.future],
    lastTag: "",
    lastAtMs: 0,
  };
}

export function redo<State>(history: UndoHistory<State>): UndoHistory<State> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, lastTag: "", lastAtMs: 0 };
}
