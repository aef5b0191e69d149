import { writeFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";

/**
 * Collects the figures. Each has `leg`, `name`, `value` and `unit`; with `floor` ({ name, value }) also the ratio to it;
 * with `goal` ({ text, isMet }) also whether it was met; `details` are for the report only.
 */
export function openReport(options) {
  const figures = [];
  const loads = [];
  const started = new Date();
  return {
    add(figure) {
      const { floor, goal } = figure;
      figures.push({
        leg: figure.leg,
        name: figure.name,
        value: round(figure.value),
        unit: figure.unit,
        floor: floor ? { name: floor.name, value: round(floor.value) } : null,
        ratio: floor && floor.value !== 0 ? round(figure.value / floor.value) : null,
        goal: goal ? { text: goal.text, isMet: goal.isMet } : null,
        details: figure.details ?? null,
      });
    },
    noteLoad(leg) {
      loads.push({ leg, oneMinuteLoad: round(loadavg()[0]) });
    },
    table: () => tableOf(figures),
    missed: () => figures.filter(({ goal }) => goal && !goal.isMet),
    write(path) {
      const report = {
        date: started.toISOString(),
        seconds: round((Date.now() - started.getTime()) / 1_000),
        isQuick: options.quick,
        only: options.only,
        node: process.version,
        machine: {
          cpus: availableParallelism(),
          model: cpus()[0]?.model ?? "unknown",
          memoryGb: round(totalmem() / 1_073_741_824),
          system: `${platform()} ${release()} ${arch()}`,
        },
        // The harness itself makes some of it; well above the number of processors says that others were busy too.
        loads,
        figures,
      };
      writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
    },
  };
}

const round = (value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value);

const headings = ["Figure", "Value", "Floor", "Ratio", "Goal", ""];

function tableOf(figures) {
  const rows = figures.map(({ leg, name, value, unit, floor, ratio, goal }, index) => ({
    isFirst: figures[index - 1]?.leg !== leg,
    leg,
    cells: [
      `  ${name}`,
      `${present(value)} ${unit}`,
      floor ? `${present(floor.value)} ${floor.name}` : "",
      ratio === null ? "" : present(ratio),
      goal?.text ?? "",
      goal ? (goal.isMet ? "✓" : "✗") : "",
    ],
  }));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map(({ cells }) => cells[column].length)),
  );
  const line = (cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd();
  const lines = [line(headings), widths.map((width) => "─".repeat(width)).join("  ")];
  for (const { isFirst, leg, cells } of rows) {
    if (isFirst) lines.push(leg);
    lines.push(line(cells));
  }
  return lines.join("\n");
}

function present(value) {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en-US");
  return String(value);
}
