import { ago } from "../shell/time-text.ts";
import { useNow } from "../shell/use-now.ts";
import type { SaveState } from "./draft-store.ts";

export function SaveIndicator({ save }: { save: SaveState }) {
  const nowMs = useNow();
  return (
    <span
      className="numbers"
      style={{
        color: save.kind === "saved" || save.kind === "saving" || save.kind === "unsaved" ? undefined : "var(--warn)",
      }}
    >
      {textOf(save, nowMs)}
    </span>
  );
}

function textOf(save: SaveState, nowMs: number): string {
  switch (save.kind) {
    case "saved":
      return `saved ${ago(new Date(save.atMs), Math.max(nowMs, save.atMs))}`;
    case "unsaved":
    case "saving":
      return "saving …";
    case "conflict":
    case "refused":
      return "not saved";
    case "failed":
      return "not saved, trying again";
  }
}
