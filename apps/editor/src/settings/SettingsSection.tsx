import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./SettingsPage.module.css";

export function SettingsSection({
  title,
  description,
  children,
}: {
  title: string;
  description: string;
  children: ReactNode;
}) {
  return (
    <section className={classes.section}>
      <Title order={2}>{title}</Title>
      <p className={classes.description}>{description}</p>
      {children}
    </section>
  );
}
