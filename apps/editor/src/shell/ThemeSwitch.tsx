import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { Moon, Sun } from "lucide-react";

export function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  const Icon = scheme === "dark" ? Sun : Moon;
  return (
    <Tooltip label={`Switch to the ${other} theme`}>
      <ActionIcon onClick={() => setColorScheme(other)} aria-label={`Switch to the ${other} theme`} size="sm">
        <Icon size={14} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
