import { readFileSync } from "node:fs";

/** What a JSON-lines log holds so far. A half-written last line belongs to the next reading. */
export function readLog<Line>(path: string, isWanted: (line: Line) => boolean): Line[] {
  const text = readText(path);
  const lines: Line[] = [];
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    if (line === "") continue;
    const parsed: Line = JSON.parse(line);
    if (isWanted(parsed)) lines.push(parsed);
  }
  return lines;
}

export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not written yet
  }
}
