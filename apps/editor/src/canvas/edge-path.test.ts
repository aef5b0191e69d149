import { expect, test } from "vitest";
import { edgePath } from "./edge-path.ts";

test("is straight where nothing stands beside", () => {
  expect(edgePath({ x: 5, y: 0 }, { x: 5, y: 36 }, false)).toBe("M5,0 V36");
});

test("bends half way, or right above a join", () => {
  expect(edgePath({ x: 0, y: 0 }, { x: 100, y: 40 }, false)).toBe("M0,0 V10 q0,10 10,10 H90 q10,0 10,10 V40");
  expect(edgePath({ x: 0, y: 0 }, { x: -100, y: 400 }, true)).toBe("M0,0 V372 q0,10 -10,10 H-90 q-10,0 -10,10 V400");
});
