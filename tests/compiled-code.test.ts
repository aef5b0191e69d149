import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const loader = new URL("../apps/server/bundle/load-bundle.mjs", import.meta.url).href;

/** Loads the bundle in a process of its own, and tells of each of its files whether what was compiled of it was of no use. */
function load(...flags: string[]): { start: string; rejected: unknown[] } {
  const program = `
    const { entry, openBundle } = await import(${JSON.stringify(loader)});
    const rejected = [];
    const { start } = openBundle((path, script) => rejected.push(script.cachedDataRejected ?? "no cache"))(entry);
    console.log(JSON.stringify({ start: typeof start, rejected }));
    process.exit(0);`;
  return JSON.parse(
    execFileSync(process.execPath, [...flags, "--input-type=module", "-e", program], { encoding: "utf8" }),
  );
}

test("a start uses what V8 compiled of every file when the bundle was built", () => {
  const { start, rejected } = load();
  expect(start).toBe("function");
  expect(rejected.length).toBeGreaterThan(5);
  expect(rejected.filter((isRejected) => isRejected !== false)).toEqual([]);
});

test("a V8 that compiles otherwise than the one of the build compiles the bundle itself", () => {
  const { start, rejected } = load("--no-opt");
  expect(start).toBe("function");
  expect(rejected.filter((isRejected) => isRejected !== true)).toEqual([]);
});
