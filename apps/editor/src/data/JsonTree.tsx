import type { Json } from "@millrace/base";
import { ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import classes from "./JsonTree.module.css";
import { type JsonRow, jsonRows, type PathSegment, rowsAtOnce, summarize, type TreeRow } from "./json-rows.ts";
import { pathText } from "./path-text.ts";

type Props = {
  value: Json;
  /** The path of the root, such as `["trigger", "body"]`. */
  base: readonly PathSegment[];
  label: string;
  openDepth?: number;
  /** Present: a click on a value hands its path over. */
  onPick?: ((path: readonly PathSegment[]) => void) | undefined;
};

export function JsonTree({ value, base, label, openDepth = 2, onPick }: Props) {
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [shown, setShown] = useState<ReadonlyMap<string, number>>(new Map());
  const rows = useMemo(
    () => jsonRows(value, base, { toggled, shown }, openDepth),
    [value, base, toggled, shown, openDepth],
  );
  const isFlat = rows.every((row) => row.kind === "value" && !row.size);
  if (rows.length === 0) {
    return (
      <div className={classes.plain} dir="auto">
        {typeof value === "string" ? value : summarize(value)}
      </div>
    );
  }
  return (
    <ul
      className={classes.tree}
      aria-label={label}
      data-flat={isFlat || undefined}
      data-wraps={onPick ? undefined : true}
    >
      {rows.map((row) => (
        <Row
          key={row.key}
          row={row}
          onPick={onPick}
          onToggle={(key, isOpen) => setToggled(new Map(toggled).set(key, isOpen))}
          onMore={(key) => setShown(new Map(shown).set(key, (shown.get(key) ?? rowsAtOnce) + rowsAtOnce))}
        />
      ))}
    </ul>
  );
}

type RowProps = {
  row: TreeRow;
  onPick: Props["onPick"];
  onToggle: (key: string, isOpen: boolean) => void;
  onMore: (parentKey: string) => void;
};

function Row({ row, onPick, onToggle, onMore }: RowProps) {
  const indent = { paddingLeft: row.depth * 14 };
  if (row.kind === "more") {
    return (
      <li style={indent} className={classes.row}>
        <button type="button" className={classes.more} onClick={() => onMore(row.parentKey)}>
          {row.hidden} more
        </button>
      </li>
    );
  }
  return (
    <li style={indent} className={classes.row}>
      {row.size ? (
        <button
          type="button"
          className={classes.toggle}
          aria-expanded={row.isOpen}
          aria-label={`${row.isOpen ? "Close" : "Open"} ${pathText(row.path)}`}
          onClick={() => onToggle(row.key, !row.isOpen)}
        >
          <ChevronRight size={12} aria-hidden />
        </button>
      ) : (
        <span className={classes.toggle} />
      )}
      <RowText row={row} onPick={onPick} />
    </li>
  );
}

function RowText({ row, onPick }: { row: JsonRow; onPick: Props["onPick"] }) {
  const type = row.value === null ? "null" : Array.isArray(row.value) ? "list" : typeof row.value;
  const text = (
    <>
      <span className={classes.key}>{row.label}</span>
      <span className={classes.value} data-type={type} dir="auto">
        {summarize(row.value, onPick ? 120 : 1_000)}
      </span>
    </>
  );
  if (!onPick) return <span className={classes.line}>{text}</span>;
  return (
    <button
      type="button"
      className={classes.line}
      data-pick
      title={`Insert ${pathText(row.path)}`}
      // The field must keep its focus and cursor: that is where the path goes.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onPick(row.path)}
    >
      {text}
    </button>
  );
}
