import type { Json } from "@millrace/base";
import type { ReactNode } from "react";
import classes from "./DataDrawer.module.css";
import { JsonTree } from "./JsonTree.tsx";
import type { PathSegment } from "./json-rows.ts";
import { pruneToMatches } from "./prune-to-matches.ts";

type SectionProps = {
  title: string;
  path: readonly PathSegment[];
  value: Json;
  source: string;
  query: string;
  /** Of many sections only the names show. */
  isFolded: boolean;
  onPick: (path: readonly PathSegment[]) => void;
  children?: ReactNode;
};

/** One source of values, such as the trigger or a step before this one. */
export function DataSection({ title, path, value, source, query, isFolded, onPick, children }: SectionProps) {
  const shown = pruneToMatches(value, query);
  return (
    <section className={classes.section} aria-label={`Data of ${title}`} data-source={source}>
      <header className={classes.head}>
        <strong>{title}</strong>
        <button
          type="button"
          className={classes.path}
          title="Insert the whole value"
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(path)}
        >
          {path.join(".")}
        </button>
        <span className={classes.source}>{source}</span>
      </header>
      {children}
      {shown === undefined ? (
        <p className={classes.about}>Nothing fits.</p>
      ) : (
        <JsonTree
          value={shown}
          base={path}
          label={`Data of ${title}`}
          openDepth={query ? 8 : isFolded ? 0 : 2}
          onPick={onPick}
        />
      )}
    </section>
  );
}
