import { SegmentedControl } from "@mantine/core";
import { type Json, parseJson } from "@millrace/base";
import { useEffect, useId, useMemo, useState } from "react";
import { useEditor } from "../automations/editor-model.ts";
import { CodeEditor } from "../expressions/CodeEditor.tsx";
import { fieldExtensions } from "../expressions/template-extensions.ts";
import classes from "./Field.module.css";
import { FieldShell } from "./FieldShell.tsx";
import type { FormField } from "./form-fields.ts";
import { MappingInput } from "./MappingInput.tsx";

type Props = {
  field: Pick<FormField, "title" | "description" | "isRequired" | "placeholder">;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  error?: string | undefined;
};

/** Any value: a text, which may be one template that keeps its type, or JSON with templates in it. */
export function JsonField({ field, value, onChange, error }: Props) {
  const id = useId();
  const [mode, setMode] = useState<"text" | "json">(value === undefined || typeof value === "string" ? "text" : "json");
  const toggle = (
    <SegmentedControl
      size="xs"
      aria-label={`${field.title} as`}
      value={mode}
      onChange={(next) => setMode(next === "json" ? "json" : "text")}
      data={[
        { value: "text", label: "Text" },
        { value: "json", label: "JSON" },
      ]}
    />
  );
  return (
    <FieldShell
      id={id}
      title={field.title}
      description={field.description}
      isRequired={field.isRequired}
      tools={toggle}
      error={error}
    >
      {mode === "text" ? (
        <MappingInput
          id={id}
          value={value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value)}
          onChange={(next) => onChange(next === "" ? undefined : next)}
          isMultiline
          placeholder={field.placeholder}
        />
      ) : (
        <JsonInput id={id} value={value} onChange={onChange} />
      )}
    </FieldShell>
  );
}

function JsonInput({
  id,
  value,
  onChange,
}: {
  id: string;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}) {
  const { scope } = useEditor();
  const [source, setSource] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const [mistake, setMistake] = useState<string>();
  const extensions = useMemo(() => fieldExtensions({ scope, syntax: "json", problem: undefined }), [scope]);
  const current = value === undefined ? "" : JSON.stringify(value);
  useEffect(() => {
    // An undo, or another version: what stands here is no longer what is stored.
    setSource((typed) => {
      const parsed = parseJson(typed);
      const isSame = typed.trim() === "" ? current === "" : !parsed.ok || JSON.stringify(parsed.value) === current;
      return isSame ? typed : current === "" ? "" : JSON.stringify(JSON.parse(current), null, 2);
    });
  }, [current]);
  const type = (next: string) => {
    setSource(next);
    if (next.trim() === "") {
      setMistake(undefined);
      onChange(undefined);
      return;
    }
    const parsed = parseJson(next);
    setMistake(parsed.ok ? undefined : parsed.message);
    if (parsed.ok) onChange(parsed.value);
  };
  return (
    <>
      <div className={classes.box} data-invalid={mistake ? true : undefined} data-tall>
        <CodeEditor
          value={source}
          onChange={type}
          extensions={extensions}
          labelledBy={`${id}-label`}
          describedBy={`${id}-about`}
          isMultiline
          isInvalid={mistake !== undefined}
          placeholder={'{ "name": "{{ trigger.body.name }}" }'}
        />
      </div>
      {mistake && <p className={classes.error}>This is not JSON yet, so it is not saved: {mistake}</p>}
    </>
  );
}
