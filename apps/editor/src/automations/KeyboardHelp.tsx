import { Kbd, Modal } from "@mantine/core";
import { useEffect, useState } from "react";
import classes from "./EditorBar.module.css";
import { isTextField } from "./use-undo-keys.ts";

const keys: readonly (readonly [keys: readonly string[], what: string])[] = [
  [["↑", "↓"], "Walk the flow"],
  [["Enter"], "Open the step"],
  [["A"], "Add a step after this one"],
  [["Delete"], "Remove the step"],
  [["Ctrl", "Z"], "Undo"],
  [["Ctrl", "Shift", "Z"], "Redo"],
  [["{{"], "Insert a value while typing"],
  [["Ctrl", "Space"], "Show what can be inserted"],
  [["?"], "Show these keys"],
];

/** The keyboard map, on `?`. */
export function KeyboardHelp() {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "?" && !isTextField(event.target)) setIsOpen(true);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
  return (
    <Modal
      opened={isOpen}
      onClose={() => setIsOpen(false)}
      title={<strong>Keyboard</strong>}
      size="sm"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <dl className={classes.keys}>
        {keys.map(([combination, what]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {combination.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
