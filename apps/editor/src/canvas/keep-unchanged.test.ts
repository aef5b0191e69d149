import { expect, test } from "vitest";
import { keepUnchanged } from "./keep-unchanged.ts";

test("keeps the objects that look as before", () => {
  const old = [
    { id: "a", data: { title: "A", onOpen: () => 1 } },
    { id: "b", data: { title: "B", onOpen: () => 1 } },
  ];
  const next = [
    { id: "a", data: { title: "A", onOpen: () => 1 } },
    { id: "b", data: { title: "changed", onOpen: () => 1 } },
    { id: "c", data: { title: "C", onOpen: () => 1 } },
  ];
  const kept = keepUnchanged(old, next);
  expect(kept[0]).toBe(old[0]);
  expect(kept[1]).toBe(next[1]);
  expect(kept[2]).toBe(next[2]);
});
