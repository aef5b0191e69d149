import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--mantine-color-text)" },
  { tag: tags.string, color: "var(--ok)" },
  { tag: tags.number, color: "var(--live)" },
  { tag: [tags.bool, tags.null], color: "var(--warn)" },
]);

const look = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": {
    fontFamily: "var(--code-font, var(--mantine-font-family))",
    padding: "6px 0",
    caretColor: "var(--mantine-color-text)",
    lineHeight: "20px",
  },
  ".cm-line": { padding: "0 10px" },
  ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--live-soft) !important" },
  ".cm-placeholder": { color: "var(--mantine-color-placeholder)" },
  ".cm-template": {
    fontFamily: "var(--mantine-font-family-monospace)",
    fontSize: "12px",
    padding: "1px 3px",
    margin: "0 -1px",
    borderRadius: "4px",
    color: "var(--accent-text)",
    backgroundColor: "var(--selected)",
    boxShadow: "inset 0 0 0 1px color-mix(in srgb, var(--accent) 30%, transparent)",
  },
  ".cm-problem-error": { textDecoration: "underline wavy var(--bad)", textUnderlineOffset: "3px" },
  ".cm-problem-warning": { textDecoration: "underline wavy var(--warn)", textUnderlineOffset: "3px" },
  ".cm-tooltip": {
    border: "1px solid var(--line-strong)",
    borderRadius: "8px",
    backgroundColor: "var(--panel)",
    boxShadow: "var(--mantine-shadow-md)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--mantine-font-family-monospace)",
    fontSize: "12px",
    maxHeight: "260px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 10px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--selected)",
    color: "var(--mantine-color-text)",
  },
  ".cm-completionDetail": { color: "var(--quiet)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-completionInfo": { padding: "8px 10px", maxWidth: "320px", fontSize: "12px" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent-text)" },
  ".cm-gutters": { display: "none" },
});

export const codeTheme: Extension = [look, syntaxHighlighting(highlight)];
