import { Button } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import type { DraftStore, SaveState } from "./draft-store.ts";
import classes from "./EditorBar.module.css";

/** Somebody else saved, or the server refuses what is here: nothing is lost, and the person decides. */
export function ConflictBanner({ store, save }: { store: DraftStore; save: SaveState }) {
  if (save.kind === "conflict") {
    return (
      <div className={classes.banner} role="alert">
        <TriangleAlert size={14} aria-hidden />
        <span className={classes.bannerText}>
          Somebody else saved this automation while you were editing. Your changes are not saved.
        </span>
        <Button size="xs" variant="default" onClick={() => void store.takeTheirs()}>
          Take theirs
        </Button>
        <Button size="xs" variant="default" onClick={() => void store.keepMine()}>
          Keep mine
        </Button>
      </div>
    );
  }
  if (save.kind !== "refused") return null;
  const [issue] = save.error.issues;
  return (
    <div className={classes.banner} role="alert">
      <TriangleAlert size={14} aria-hidden />
      <span className={classes.bannerText}>
        Not saved: {issue ? `${issue.path}: ${issue.message}` : save.error.message}. It is saved as soon as this is
        mended.
      </span>
    </div>
  );
}
