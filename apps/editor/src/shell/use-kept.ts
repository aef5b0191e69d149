import { useState } from "react";

/** The value of before for as long as the new one is the same to `isSame`: what depends on it is then not done again. */
export function useKept<Value>(next: Value, isSame: (kept: Value, next: Value) => boolean): Value {
  const [kept, setKept] = useState(next);
  if (kept === next || isSame(kept, next)) return kept;
  setKept(next);
  return next;
}
