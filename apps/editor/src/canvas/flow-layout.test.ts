import type { Step } from "@millrace/automation";
import { describe, expect, test } from "vitest";
import { flowGraph } from "./flow-graph.ts";
import { type Box, flowLayout } from "./flow-layout.ts";

const call = (id: string): Step => ({ id, action: "http.request", input: {} });
const branch = (id: string, ...arms: Step[][]): Step => ({
  id,
  branch: arms.map((steps, index) =>
    index === arms.length - 1 ? { otherwise: steps } : { when: `trigger.body.n == ${index}`, steps },
  ),
});

function boxOf(boxes: Map<string, Box>, id: string): Box {
  const box = boxes.get(id);
  if (!box) throw new Error(`no box for ${id}`);
  return box;
}

describe("the flow", () => {
  test("runs top to bottom in reading order", () => {
    const steps = [call("a"), call("b"), call("c")];
    const graph = flowGraph(steps);
    expect(graph.nodes.map(({ id }) => id)).toEqual(["trigger", "step:a", "step:b", "step:c", "end"]);
    const boxes = flowLayout(steps);
    const tops = graph.nodes.map(({ id }) => boxOf(boxes, id).y);
    expect(tops).toEqual([...tops].sort((left, right) => left - right));
  });

  test("joins the arms of a branch before what follows", () => {
    const { edges } = flowGraph([branch("size", [call("warn")], []), call("after")]);
    expect(edges.map(({ id }) => id)).toEqual([
      "trigger>step:size",
      "step:size>arm:size:0",
      "arm:size:0>step:warn",
      "step:size>arm:size:1",
      "step:warn>join:size",
      "arm:size:1>join:size",
      "join:size>step:after",
      "step:after>end",
    ]);
  });

  test("says for every edge where an added step would go", () => {
    const { edges } = flowGraph([branch("size", [call("warn")], [])]);
    const list = { kind: "arm", stepId: "size", arm: 1 };
    expect(edges.find(({ id }) => id === "arm:size:1>join:size")?.insert).toEqual({ list, index: 0 });
  });

  test.each([2, 3, 5, 9])("keeps %i arms in their order from left to right", (count) => {
    const arms = Array.from({ length: count }, (_, arm) =>
      Array.from({ length: (arm * 7) % 4 }, (_, index) =>
        index === 1 ? branch(`in${arm}`, [call(`deep${arm}`)], []) : call(`s${arm}_${index}`),
      ),
    );
    const boxes = flowLayout([branch("wide", ...arms), call("after")]);
    const lefts = arms.map((_, arm) => boxOf(boxes, `arm:wide:${arm}`).x);
    expect(lefts).toEqual([...lefts].sort((left, right) => left - right));
  });

  test("leads the main line past what runs after a failure", () => {
    const steps: Step[] = [{ id: "a", action: "http.request", input: {}, onError: [call("handler")] }, call("b")];
    const boxes = flowLayout(steps);
    const line = boxOf(boxes, "step:b").x + boxOf(boxes, "step:b").width / 2;
    expect(boxOf(boxes, "step:handler").x).toBeGreaterThan(line);
    expect(boxOf(boxes, "arm:a:0").x).toBeGreaterThan(line);
  });

  test("places every node of the graph", () => {
    const steps: Step[] = [
      branch("one", [call("a")], []),
      { id: "b", action: "http.request", input: {}, onError: [call("c")] },
    ];
    const ids = flowGraph(steps).nodes.map(({ id }) => id);
    expect([...flowLayout(steps).keys()].toSorted()).toEqual(ids.toSorted());
  });

  test("never lets two nodes overlap", () => {
    const steps = [
      branch(
        "one",
        [call("a"), branch("two", [call("b")], [call("c"), call("d")])],
        [{ id: "e", action: "http.request", input: {}, onError: [call("g"), call("h")] }],
        [],
      ),
      call("f"),
    ];
    const boxes = [...flowLayout(steps).values()];
    for (const [index, left] of boxes.entries()) {
      for (const right of boxes.slice(index + 1)) {
        const apart =
          left.x + left.width <= right.x ||
          right.x + right.width <= left.x ||
          left.y + left.height <= right.y ||
          right.y + right.height <= left.y;
        expect(apart).toBe(true);
      }
    }
  });
});
