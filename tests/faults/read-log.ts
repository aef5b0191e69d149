import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const pieceBytes = 1_048_576;
const newline = 0x0a;

/**
 * Shows each line that a JSON-lines log holds so far, a piece of the file at a time: a log may be longer than a string can be.
 * A half-written last line belongs to the next reading; a log that is not there yet has none.
 */
export function visitLog<Line>(path: string, visit: (line: Line) => void): void {
  const file = unlessMissing(() => openSync(path, "r"));
  if (file === undefined) return;
  try {
    const piece = Buffer.alloc(pieceBytes);
    let rest: Buffer = Buffer.alloc(0);
    for (let bytes = readSync(file, piece); bytes > 0; bytes = readSync(file, piece)) {
      const read = Buffer.concat([rest, piece.subarray(0, bytes)]);
      const end = read.lastIndexOf(newline) + 1;
      for (const line of read.toString("utf8", 0, end).split("\n")) if (line !== "") visit(JSON.parse(line));
      rest = read.subarray(end);
    }
  } finally {
    closeSync(file);
  }
}

export function readLog<Line>(path: string): Line[] {
  const lines: Line[] = [];
  visitLog<Line>(path, (line) => lines.push(line));
  return lines;
}

/** "" where there is no such file yet. Throws what else keeps it from being read, such as that it is too long for a string. */
export const readText = (path: string): string => unlessMissing(() => readFileSync(path, "utf8")) ?? "";

function unlessMissing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
