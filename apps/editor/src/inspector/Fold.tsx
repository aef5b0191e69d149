import { ChevronRight } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import classes from "./Field.module.css";

type Props = { title: string; note?: string | undefined; startsOpen?: boolean; children: ReactNode };

/** Fields that most people need not see. */
export function Fold({ title, note, startsOpen = false, children }: Props) {
  const id = useId();
  const [isOpen, setIsOpen] = useState(startsOpen);
  return (
    <section className={classes.fold}>
      <button
        type="button"
        className={classes.foldButton}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setIsOpen(!isOpen)}
      >
        <ChevronRight size={14} aria-hidden />
        {title}
        {note && !isOpen && <span className={classes.foldNote}>{note}</span>}
      </button>
      <div id={id} className={classes.foldBody} hidden={!isOpen} style={isOpen ? undefined : { display: "none" }}>
        {isOpen && children}
      </div>
    </section>
  );
}
