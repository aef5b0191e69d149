import { hasPassed, type Row, seconds } from "./findings.ts";

const headings = [
  "fault",
  "backend",
  "events",
  "lost",
  "duplicated",
  "stuck",
  "changed",
  "no reason",
  "recovery",
  "took",
  "result",
];

export function presentTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.id,
    row.backend,
    ...[row.events, row.lost, row.duplicated, row.stuck, row.changed, row.unexplained].map(String),
    row.recoveryMs === undefined ? "" : seconds(row.recoveryMs),
    seconds(row.tookMs),
    result(row),
  ]);
  const lines = [headings, ...cells];
  const widths = headings.map((_heading, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function result(row: Row): string {
  if (row.violations.length > 0) return "FAILED";
  return row.notBuilt.length > 0 ? "NOT BUILT" : "passed";
}

export function presentRow(row: Row): string {
  const lines = [`${hasPassed(row) ? "✓" : "✗"} ${row.id} on ${row.backend}: ${row.title} (${seconds(row.tookMs)})`];
  for (const note of row.notes) lines.push(`    ${note}`);
  for (const violation of row.violations) lines.push(`  ✗ ${violation}`);
  for (const missing of row.notBuilt) lines.push(`  ✗ not built: ${missing}`);
  for (const bar of row.notHeld) lines.push(`  – not held: ${bar}`);
  return lines.join("\n");
}
