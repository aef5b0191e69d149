import type { RunStatus, StepStatus } from "@millrace/automation";
import type { Paint, Style } from "./paint.ts";
import type { Cell } from "./table.ts";

const marks: Record<RunStatus | StepStatus, { symbol: string; style: Style }> = {
  queued: { symbol: "○", style: "faint" },
  running: { symbol: "●", style: "busy" },
  waiting: { symbol: "◔", style: "warn" },
  succeeded: { symbol: "✓", style: "good" },
  failed: { symbol: "✗", style: "bad" },
  canceled: { symbol: "⊘", style: "faint" },
  needs_review: { symbol: "!", style: "warn" },
  skipped: { symbol: "–", style: "faint" },
};

/** The status in words, beside its symbol: color alone tells nobody anything in a log. */
export function statusCell(status: RunStatus | StepStatus): Cell {
  const { symbol, style } = marks[status];
  return { text: `${symbol} ${status}`, style };
}

export function paintStatus(status: RunStatus | StepStatus, paint: Paint): string {
  const { symbol, style } = marks[status];
  return paint(style, `${symbol} ${status}`);
}

export function statusSymbol(status: RunStatus | StepStatus, paint: Paint): string {
  const { symbol, style } = marks[status];
  return paint(style, symbol);
}
