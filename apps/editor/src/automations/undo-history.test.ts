import { describe, expect, test } from "vitest";
import { record, redo, startHistory, undo } from "./undo-history.ts";

describe("undo", () => {
  test("goes back and forth", () => {
    const two = record(record(startHistory("a"), "b", "", 0), "c", "", 0);
    expect(undo(two).present).toBe("b");
    expect(undo(undo(two)).present).toBe("a");
    expect(undo(undo(undo(two))).present).toBe("a");
    expect(redo(undo(two)).present).toBe("c");
  });

  test("takes quick typing in one field as one change", () => {
    const typed = record(
      record(record(startHistory("h"), "he", "prompt", 1_000), "hel", "prompt", 1_200),
      "hell",
      "prompt",
      1_400,
    );
    expect(typed.past).toEqual(["h"]);
    const later = record(typed, "hello", "prompt", 9_000);
    expect(undo(later).present).toBe("hell");
  });

  test("forgets the future after a new change", () => {
    const changed = record(undo(record(startHistory("a"), "b", "", 0)), "c", "", 0);
    expect(redo(changed).present).toBe("c");
  });

  test("keeps the last 200 states", () => {
    let history = startHistory(0);
    for (let count = 1; count <= 300; count++) history = record(history, count, "", count);
    expect(history.past).toHaveLength(200);
  });
});
