import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { logPath, logPaths } from "./job-logs.ts";
import { readLog, readText } from "./read-log.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-logs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(id: string, text: string): string {
  const path = logPath(folder, id);
  writeFileSync(path, text);
  return path;
}

test("a log is read whole where it is longer than a piece, whatever line lies across two", () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => ({ index, text: "ü".repeat(index % 40) }));
  const path = written("long", lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  expect(readLog(path)).toEqual(lines);
});

test("a half-written last line belongs to the next reading", () => {
  expect(readLog(written("half", '{"a":1}\n{"a":'))).toEqual([{ a: 1 }]);
});

test("a log that is not there yet has no lines", () => {
  expect(readLog(logPath(folder, "none"))).toEqual([]);
  expect(readText(logPath(folder, "none"))).toBe("");
});

test("a log that cannot be read is an error and not an empty list", () => {
  expect(() => readLog(folder)).toThrow("EISDIR");
  expect(() => readText(folder)).toThrow("EISDIR");
});

test("a job's logs are its own, and a flow's those of all its jobs", () => {
  for (const id of ["flow-1/2", "flow-1/20", "flow-10/3"]) written(id, "");
  expect(logPaths(folder, "flow-1/2")).toEqual([logPath(folder, "flow-1/2")]);
  expect(logPaths(folder, "flow-1/").sort()).toEqual([logPath(folder, "flow-1/2"), logPath(folder, "flow-1/20")]);
});
