import type { EditorView } from "@codemirror/view";
import { useMemo, useRef } from "react";
import { useEditor } from "../automations/editor-model.ts";
import type { PathSegment } from "../data/json-rows.ts";
import { insertion } from "../data/path-text.ts";
import { analyzeExpression, analyzeTemplate, withNearest } from "../expressions/analyze.ts";
import { CodeEditor } from "../expressions/CodeEditor.tsx";
import { fieldExtensions } from "../expressions/template-extensions.ts";
import classes from "./Field.module.css";
import { FieldPreview } from "./FieldPreview.tsx";
import { sampleSourceText } from "./sample-source-text.ts";

type Props = {
  /** The `FieldShell` around it has the same id. */
  id: string;
  value: string;
  onChange: (value: string) => void;
  syntax?: "template" | "expression";
  isMultiline?: boolean;
  placeholder?: string | undefined;
  /** Names that this field may use, where they are fewer than a step's. */
  names?: readonly string[] | undefined;
};

/** A text line with chips for `{{ paths }}` and the value that the sample gives below it. */
export function MappingInput({
  id,
  value,
  onChange,
  syntax = "template",
  isMultiline = false,
  placeholder,
  names,
}: Props) {
  const { scope, triggerSample, stepSamples, registerField } = useEditor();
  const analysis = useMemo(() => {
    if (value.trim() === "") return undefined;
    const options = { scope, ...(names ? { names } : {}) };
    return syntax === "expression" ? analyzeExpression(value, options) : analyzeTemplate(value, options);
  }, [value, scope, names, syntax]);
  const problem = analysis?.problem;
  const problemKey = JSON.stringify(problem);
  const extensions = useMemo(
    () => fieldExtensions({ scope, syntax, problem: problemKey === undefined ? undefined : JSON.parse(problemKey) }),
    [scope, syntax, problemKey],
  );
  const view = useRef<EditorView>(undefined);
  const insert = (path: readonly PathSegment[]) => {
    const editor = view.current;
    if (!editor?.dom.isConnected) return;
    const { from, to } = editor.state.selection.main;
    const change = insertion(editor.state.doc.toString(), from, to, path, syntax === "expression");
    editor.dispatch({
      changes: { from: change.from, to: change.to, insert: change.text },
      selection: { anchor: change.from + change.text.length },
    });
    editor.focus();
  };
  return (
    <>
      <div
        className={classes.box}
        data-invalid={problem?.severity === "error" || undefined}
        data-tall={isMultiline || undefined}
      >
        <CodeEditor
          value={value}
          onChange={onChange}
          extensions={extensions}
          labelledBy={`${id}-label`}
          describedBy={`${id}-about`}
          placeholder={placeholder}
          isMultiline={isMultiline}
          isInvalid={problem?.severity === "error"}
          onFocus={(focused) => {
            view.current = focused;
            registerField(insert);
          }}
        />
      </div>
      {analysis?.isTemplate && (
        <FieldPreview
          value={analysis.value}
          problem={problem}
          source={sampleSourceText(analysis.paths, triggerSample, stepSamples)}
          onUseNearest={(wrong) => onChange(withNearest(value, wrong))}
        />
      )}
    </>
  );
}
