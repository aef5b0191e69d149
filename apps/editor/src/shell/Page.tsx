import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Page.module.css";
import { useTitle } from "./use-title.ts";

type Props = { title: string; description?: ReactNode; actions?: ReactNode; children: ReactNode; narrow?: boolean };

export function Page({ title, description, actions, children, narrow = false }: Props) {
  useTitle(title);
  return (
    <div className={classes.page} data-narrow={narrow || undefined}>
      <header className={classes.header}>
        <div className={classes.heading}>
          <Title order={1} className={classes.title}>
            {title}
          </Title>
          {description && <p className={classes.description}>{description}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
