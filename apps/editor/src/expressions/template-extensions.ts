import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { type Extension, Prec, type Range } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import type { Scope } from "@millrace/automation";
import { type Problem, templateSpans } from "./analyze.ts";
import { completionSource } from "./completions.ts";

export type FieldSyntax = "template" | "expression" | "json";

type Options = { scope: Scope; syntax: FieldSyntax; problem: Problem | undefined };

/** What makes an editor a mapping field: chips for templates, underlined problems, completion. */
export function fieldExtensions({ scope, syntax, problem }: Options): Extension {
  return [
    history(),
    closeBrackets(),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...historyKeymap,
      ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
    ]),
    autocompletion({
      override: [completionSource(scope, syntax === "expression")],
      icons: false,
      activateOnTyping: true,
    }),
    syntax === "expression"
      ? EditorView.theme({ "&": { "--code-font": "var(--mantine-font-family-monospace)" } })
      : templateChips,
    syntax === "json"
      ? [json(), EditorView.theme({ "&": { "--code-font": "var(--mantine-font-family-monospace)" } })]
      : [],
    // Inside the chips, which would be cut in pieces otherwise.
    problem ? Prec.high(underlined(problem)) : [],
  ];
}

const chip = Decoration.mark({ class: "cm-template" });

const templateChips = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = chipsOf(view);
    }

    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = chipsOf(update.view);
    }
  },
  { decorations: ({ decorations }) => decorations },
);

function chipsOf(view: EditorView): DecorationSet {
  const chips: Range<Decoration>[] = templateSpans(view.state.doc.toString()).map(({ from, to }) =>
    chip.range(from, to),
  );
  return Decoration.set(chips);
}

function underlined({ from, to, severity }: Problem): Extension {
  if (from === undefined || to === undefined) return [];
  const mark = Decoration.mark({ class: `cm-problem-${severity}` });
  return EditorView.decorations.of((view) => {
    const length = view.state.doc.length;
    return from < to && to <= length ? Decoration.set([mark.range(from, to)]) : Decoration.none;
  });
}
