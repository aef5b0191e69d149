import { ActionIcon } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./ModeBar.module.css";

type Props = {
  /** What the page is, for those who hear it. */
  heading: string;
  back: LinkProps["to"];
  backLabel: string;
  title: ReactNode;
  meta?: ReactNode;
  actions?: ReactNode;
};

/** The bar above three panes: where one is, in which state, and what can be done with it. */
export function ModeBar({ heading, back, backLabel, title, meta, actions }: Props) {
  return (
    <header className={classes.bar}>
      <h1 className="visually-hidden">{heading}</h1>
      <div className={classes.left}>
        <ActionIcon component={Link} to={back} aria-label={backLabel}>
          <ArrowLeft size={16} aria-hidden />
        </ActionIcon>
        <div className={classes.title}>{title}</div>
        {meta && <div className={classes.meta}>{meta}</div>}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </header>
  );
}
