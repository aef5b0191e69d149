import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Logo } from "../shell/Logo.tsx";
import { useTitle } from "../shell/use-title.ts";
import classes from "./DoorCard.module.css";

/** The card that stands before the application: setup and sign-in. */
export function DoorCard({ title, lead, children }: { title: string; lead: ReactNode; children?: ReactNode }) {
  useTitle(title);
  return (
    <main className={classes.page} tabIndex={-1}>
      <div className={classes.card}>
        <div className={classes.brand}>
          <Logo size={28} />
          <span>Millrace</span>
        </div>
        <Title order={1}>{title}</Title>
        <div className={classes.lead}>{lead}</div>
        {children}
      </div>
    </main>
  );
}
