import type { Paint, Style } from "./paint.ts";
import { displayWidth, printable, shortened } from "./printable.ts";

export type Cell = string | { text: string; style: Style };
export type Column = {
  title: string;
  align?: "right";
  /** Cut first where the terminal is too narrow; ids never are, because people copy them. */
  mayShrink?: boolean;
};

const gap = "  ";
const narrowest = 12;

/** Aligned columns. Cells are made printable here, so callers pass what the API gave. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
  width: number,
): string[] {
  const cells = rows.map((row) => row.map(cellOf));
  const widths = columns.map(({ title }, index) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[index]?.text ?? ""))),
  );
  shrink(widths, columns, width);
  const line = (row: readonly { text: string; style: Style }[]) =>
    columns
      .map(({ align }, index) => {
        const { text = "", style = "plain" } = row[index] ?? {};
        const columnWidth = widths[index] ?? 0;
        const cut = shortened(text, columnWidth);
        const padding = " ".repeat(columnWidth - displayWidth(cut));
        return align === "right" ? padding + paint(style, cut) : paint(style, cut) + padding;
      })
      .join(gap)
      .trimEnd();
  return [line(columns.map(({ title }) => ({ text: title, style: "faint" }))), ...cells.map(line)];
}

function cellOf(cell: Cell): { text: string; style: Style } {
  const { text, style } = typeof cell === "string" ? { text: cell, style: "plain" as const } : cell;
  return { text: printable(text), style };
}

function shrink(widths: number[], columns: readonly Column[], width: number): void {
  let excess = widths.reduce((sum, each) => sum + each, 0) + gap.length * (columns.length - 1) - width;
  for (const [index, { mayShrink }] of columns.entries()) {
    if (!mayShrink || excess <= 0) continue;
    const current = widths[index] ?? 0;
    const next = Math.max(Math.min(current, narrowest), current - excess);
    widths[index] = next;
    excess -= current - next;
  }
}
