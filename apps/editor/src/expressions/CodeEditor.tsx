import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, placeholder as placeholderText } from "@codemirror/view";
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { cspNonce } from "../csp-nonce.ts";
import { codeTheme } from "./code-theme.ts";

type Props = {
  value: string;
  onChange: (value: string) => void;
  extensions: Extension;
  /** Ids of the elements that name and describe the field. */
  labelledBy: string;
  describedBy?: string | undefined;
  placeholder?: string | undefined;
  isMultiline?: boolean;
  isInvalid?: boolean;
  onFocus?: (view: EditorView) => void;
};

/** A CodeMirror field that is controlled like any input. */
export function CodeEditor({
  value,
  onChange,
  extensions,
  labelledBy,
  describedBy,
  placeholder,
  isMultiline = false,
  isInvalid = false,
  onFocus,
}: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<EditorView>();
  const [changing] = useState(() => new Compartment());
  const emitChange = useEffectEvent((next: string) => {
    if (next !== value) onChange(next);
  });
  const emitFocus = useEffectEvent((focused: EditorView) => onFocus?.(focused));
  const initial = useEffectEvent(() => value);

  useLayoutEffect(() => {
    if (!host.current) return;
    const created = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: initial(),
        extensions: [
          changing.of([]),
          codeTheme,
          EditorView.cspNonce.of(cspNonce),
          isMultiline ? EditorView.lineWrapping : singleLine,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) emitChange(update.state.doc.toString());
            if (update.focusChanged && update.view.hasFocus) emitFocus(update.view);
          }),
        ],
      }),
    });
    setView(created);
    return () => {
      created.destroy();
      setView(undefined);
    };
  }, [changing, isMultiline]);

  useEffect(() => {
    const attributes = EditorView.contentAttributes.of({
      "aria-labelledby": labelledBy,
      "aria-multiline": String(isMultiline),
      "aria-invalid": String(isInvalid),
      spellcheck: "false",
      ...(describedBy ? { "aria-describedby": describedBy } : {}),
    });
    const shown = placeholder ? placeholderText(placeholder) : [];
    view?.dispatch({ effects: changing.reconfigure([extensions, attributes, shown]) });
  }, [view, changing, extensions, labelledBy, describedBy, isMultiline, isInvalid, placeholder]);

  useEffect(() => {
    if (!view) return;
    const current = view.state.doc.toString();
    if (current === value) return;
    view.dispatch({ changes: { from: 0, to: current.length, insert: value } });
  }, [view, value]);

  return <div ref={host} />;
}

/** Pasted line breaks become spaces; Enter is left to the form. */
const singleLine: Extension = EditorState.transactionFilter.of((transaction) =>
  transaction.docChanged && transaction.newDoc.lines > 1
    ? [
        transaction,
        {
          changes: {
            from: 0,
            to: transaction.newDoc.length,
            insert: transaction.newDoc.toString().replace(/\s*\n\s*/g, " "),
          },
          sequential: true,
        },
      ]
    : transaction,
);
