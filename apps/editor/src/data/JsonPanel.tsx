import { SegmentedControl } from "@mantine/core";
import type { Json } from "@millrace/base";
import { useState } from "react";
import { CopyButton } from "../shell/CopyButton.tsx";
import { ScrollBox } from "../shell/ScrollBox.tsx";
import classes from "./JsonPanel.module.css";
import { JsonTree } from "./JsonTree.tsx";
import type { PathSegment } from "./json-rows.ts";

type Props = { label: string; value: Json; base?: readonly PathSegment[]; openDepth?: number };

const noBase: readonly PathSegment[] = [];
/** Printing more than this at once would freeze the page; the rest can be copied. */
const longestRaw = 200_000;

/** A recorded value: as a tree or as it is, with a way to copy it. */
export function JsonPanel({ label, value, base = noBase, openDepth = 2 }: Props) {
  const [view, setView] = useState("tree");
  const isPlain = typeof value !== "object" || value === null;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <div className={classes.panel}>
      <header className={classes.head}>
        <strong>{label}</strong>
        <div className={classes.tools}>
          {!isPlain && (
            <SegmentedControl
              size="xs"
              aria-label={`${label} as`}
              value={view}
              onChange={setView}
              data={[
                { value: "tree", label: "Tree" },
                { value: "raw", label: "Raw" },
              ]}
            />
          )}
          <CopyButton value={text} label={`Copy ${label.toLowerCase()}`} />
        </div>
      </header>
      <ScrollBox className={classes.body} label={`${label}, content`}>
        {view === "raw" && !isPlain ? (
          <pre className={classes.raw}>
            {text.length > longestRaw ? `${text.slice(0, longestRaw)}\n… copy it to see the rest` : text}
          </pre>
        ) : (
          <JsonTree value={value} base={base} label={label} openDepth={openDepth} />
        )}
      </ScrollBox>
    </div>
  );
}
