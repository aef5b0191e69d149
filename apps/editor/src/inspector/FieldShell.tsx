import type { ReactNode } from "react";
import classes from "./Field.module.css";

type Props = {
  id: string;
  title: string;
  description?: string | undefined;
  isRequired?: boolean;
  /** At the end of the title's line. */
  tools?: ReactNode;
  error?: string | undefined;
  children: ReactNode;
};

/** Title, description, the control, and what is wrong with it. `${id}-label` and `${id}-about` name the parts. */
export function FieldShell({ id, title, description, isRequired = false, tools, error, children }: Props) {
  return (
    <div className={classes.field}>
      <div className={classes.head}>
        <span id={`${id}-label`} className={classes.title}>
          {title}
        </span>
        {isRequired && (
          <span className={classes.required} aria-hidden title="Required">
            *
          </span>
        )}
        {tools && <span className={classes.tools}>{tools}</span>}
      </div>
      {description && (
        <p id={`${id}-about`} className={classes.about}>
          {description}
        </p>
      )}
      {children}
      {error && <p className={classes.error}>{error}</p>}
    </div>
  );
}
