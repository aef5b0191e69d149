import { Group, Stack, Text, Title } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./EmptyState.module.css";

type Props = {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  actions?: ReactNode /** 1 where it is the whole page. */;
  level?: 1 | 2;
};

/** What an empty screen says: what will stand here, and how it gets here. */
export function EmptyState({ icon: Icon, title, children, actions, level = 2 }: Props) {
  return (
    <Stack align="center" gap="xs" className={classes.root}>
      <div className={classes.icon}>
        <Icon size={20} strokeWidth={1.75} aria-hidden />
      </div>
      <Title order={level} mt={4}>
        {title}
      </Title>
      <Text c="dimmed" size="sm" ta="center" maw={440} component="div">
        {children}
      </Text>
      {actions && (
        <Group mt="xs" gap="xs" justify="center">
          {actions}
        </Group>
      )}
    </Stack>
  );
}
