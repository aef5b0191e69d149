import classes from "./EditorBar.module.css";
import { useEditor } from "./editor-model.ts";

export function AutomationName() {
  const { definition, store } = useEditor();
  return (
    <input
      className={classes.name}
      aria-label="Automation name"
      value={definition.name}
      maxLength={120}
      onChange={(event) => {
        const name = event.currentTarget.value;
        store.change((old) => ({ ...old, name }), "name");
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}
