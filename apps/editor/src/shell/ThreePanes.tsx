import { SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./ThreePanes.module.css";

export type PaneName = "left" | "centre" | "right";
export type Pane = { title: string; content: ReactNode };

type Props = {
  bar: ReactNode;
  left: Pane;
  centre: Pane;
  right: Pane;
  /** The one that a narrow screen shows. */
  active: PaneName;
  onActivate: (pane: PaneName) => void;
};

/** The layout of edit, test and run: what happens | one step of it | the data. Narrow screens show one at a time. */
export function ThreePanes({ bar, left, centre, right, active, onActivate }: Props) {
  const panes: [PaneName, Pane][] = [
    ["left", left],
    ["centre", centre],
    ["right", right],
  ];
  return (
    <div className={classes.root}>
      {bar}
      <div className={classes.switch}>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label="Pane"
          value={active}
          onChange={(value) => onActivate(panes.find(([name]) => name === value)?.[0] ?? "centre")}
          data={panes.map(([value, { title }]) => ({ value, label: title }))}
        />
      </div>
      <div className={classes.panes}>
        {panes.map(([name, { title, content }]) => (
          <section
            key={name}
            className={classes.pane}
            data-pane={name}
            data-active={name === active || undefined}
            aria-label={title}
          >
            {content}
          </section>
        ))}
      </div>
    </div>
  );
}
