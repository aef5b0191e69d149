import { Select, TextInput } from "@mantine/core";
import type { Json } from "@millrace/base";
import { Search } from "lucide-react";
import { useState } from "react";
import { useEditor } from "../automations/editor-model.ts";
import classes from "./DataDrawer.module.css";
import { JsonTree } from "./JsonTree.tsx";
import type { PathSegment } from "./json-rows.ts";
import { pruneToMatches } from "./prune-to-matches.ts";

/** The values that the selected step can use; a click puts a value's path into the field that was last focused. */
export function DataDrawer() {
  const { triggerSamples, triggerSample, chooseTrigger, stepSamples, insertPath } = useEditor();
  const [query, setQuery] = useState("");
  const { body, headers, query: parameters, method, receivedAt } = triggerSample.trigger;
  const trigger: Json = { body, headers, query: parameters, method, receivedAt };
  return (
    <div className={classes.drawer}>
      <h2 className={classes.title}>Data</h2>
      <p className={classes.about}>Click a value to insert it where you were typing.</p>
      <TextInput
        size="xs"
        aria-label="Search data"
        placeholder="Search names and values"
        leftSection={<Search size={12} aria-hidden />}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <DataSection
        title="Trigger"
        path={["trigger"]}
        value={trigger}
        source={triggerSample.source === "delivery" ? "recorded" : "example"}
        query={query}
        onPick={insertPath}
      >
        {triggerSamples.length > 1 && (
          <Select
            size="xs"
            aria-label="Sample of the trigger"
            data={triggerSamples.map(({ id, label }) => ({ value: id, label }))}
            value={triggerSample.id}
            onChange={(id) => id && chooseTrigger(id)}
            allowDeselect={false}
            mb={6}
          />
        )}
      </DataSection>
      {stepSamples.map((sample) => (
        <DataSection
          key={sample.id}
          title={sample.title}
          path={["steps", sample.id]}
          value={sample.value}
          source={sample.source === "run" ? "recorded" : sample.source}
          query={query}
          onPick={insertPath}
        />
      ))}
    </div>
  );
}

type SectionProps = {
  title: string;
  path: readonly PathSegment[];
  value: Json;
  source: string;
  query: string;
  onPick: (path: readonly PathSegment[]) => void;
  children?: React.ReactNode;
};

function DataSection({ title, path, value, source, query, onPick, children }: SectionProps) {
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
        <JsonTree value={shown} base={path} label={`Data of ${title}`} openDepth={query ? 8 : 2} onPick={onPick} />
      )}
    </section>
  );
}
