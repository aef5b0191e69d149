import { ChevronRight } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import classes from "./Field.module.css";

type Props = {
  title: string;
  /** What stands inside, while it is closed. */
  note?: string | undefined;
  /** The note is a warning. */
  isRisky?: boolean;
  /** What is wrong inside; the first opens the fold. */
  problems?: number;
  startsOpen?: boolean;
  children: ReactNode;
};

/** Fields that most people need not see. */
export function Fold({ title, note, isRisky = false, problems = 0, startsOpen = false, children }: Props) {
  const id = useId();
  const [isOpen, setIsOpen] = useState(startsOpen || problems > 0);
  const [hadProblems, setHadProblems] = useState(problems > 0);
  if (hadProblems !== problems > 0) {
    setHadProblems(problems > 0);
    if (problems > 0) setIsOpen(true);
  }
  const count = problems === 1 ? "1 problem" : `${problems} problems`;
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
        {!isOpen && (problems > 0 || note) && (
          <span className={classes.foldNote} data-tone={problems > 0 ? "bad" : isRisky ? "warn" : undefined}>
            {problems > 0 ? count : note}
          </span>
        )}
      </button>
      <div id={id} className={classes.foldBody} hidden={!isOpen} style={isOpen ? undefined : { display: "none" }}>
        {isOpen && children}
      </div>
    </section>
  );
}
