import { ActionIcon, Tooltip } from "@mantine/core";
import { Redo2, Undo2 } from "lucide-react";
import classes from "./EditorBar.module.css";
import { useEditor } from "./editor-model.ts";

export function UndoButtons({ canUndo, canRedo }: { canUndo: boolean; canRedo: boolean }) {
  const { store } = useEditor();
  return (
    <span className={classes.undo}>
      <Tooltip label="Undo (Ctrl+Z)">
        <ActionIcon aria-label="Undo" disabled={!canUndo} onClick={() => store.undo()} variant="transparent">
          <Undo2 size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Redo (Ctrl+Shift+Z)">
        <ActionIcon aria-label="Redo" disabled={!canRedo} onClick={() => store.redo()} variant="transparent">
          <Redo2 size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </span>
  );
}
