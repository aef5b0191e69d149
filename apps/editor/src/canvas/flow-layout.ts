import type { Step } from "@millrace/automation";
import { innerLists } from "../automations/step-places.ts";
import { triggerNodeId } from "./flow-graph.ts";

export type Box = { x: number; y: number; width: number; height: number };

export const nodeSize = {
  step: { width: 240, height: 60 },
  arm: { width: 208, height: 26 },
  join: { width: 8, height: 8 },
  end: { width: 240, height: 36 },
} as const;

const gapBelow = 36;
const gapBeside = 20;

/**
 * Where each node stands: top to bottom, branches side by side in their written order, everything centred.
 * A flow is nested lists, so sizes add up from the inside; a general graph layout is free to swap branches.
 */
export function flowLayout(steps: readonly Step[]): Map<string, Box> {
  const boxes = new Map<string, Box>();
  // The main line stays at 0, so that nothing moves sideways when a branch grows.
  put(boxes, triggerNodeId, nodeSize.step, 0, 0);
  const bottom = putList(boxes, steps, 0, nodeSize.step.height + gapBelow);
  put(boxes, "end", nodeSize.end, 0, bottom);
  return boxes;
}

function put(
  boxes: Map<string, Box>,
  id: string,
  size: { width: number; height: number },
  centre: number,
  top: number,
): void {
  boxes.set(id, { x: centre - size.width / 2, y: top, ...size });
}

/** Returns where the next node below may begin. */
function putList(boxes: Map<string, Box>, steps: readonly Step[], centre: number, top: number): number {
  let next = top;
  for (const step of steps) {
    put(boxes, `step:${step.id}`, nodeSize.step, centre, next);
    next += nodeSize.step.height + gapBelow;
    const arms = innerLists(step);
    if (arms.length === 0) continue;
    const armsTop = next;
    // What runs after a failure stands beside the main line, which passes it by.
    let left = "branch" in step ? centre - armsWidth(step) / 2 : centre + gapBeside;
    for (const [index, { steps: inner }] of arms.entries()) {
      const width = armWidth(inner);
      put(boxes, `arm:${step.id}:${index}`, nodeSize.arm, left + width / 2, armsTop);
      next = Math.max(next, putList(boxes, inner, left + width / 2, armsTop + nodeSize.arm.height + gapBelow));
      left += width + gapBeside;
    }
    put(boxes, `join:${step.id}`, nodeSize.join, centre, next);
    next += nodeSize.join.height + gapBelow;
  }
  return next;
}

function listWidth(steps: readonly Step[]): number {
  return Math.max(nodeSize.step.width, ...steps.map(armsWidth));
}

const armWidth = (steps: readonly Step[]) => (steps.length === 0 ? nodeSize.arm.width : listWidth(steps));

function armsWidth(step: Step): number {
  const arms = innerLists(step);
  if (arms.length === 0) return nodeSize.step.width;
  const widths = arms.map(({ steps }) => armWidth(steps));
  const width = widths.reduce((sum, each) => sum + each, gapBeside * (arms.length - 1));
  return "branch" in step ? width : Math.max(nodeSize.step.width, 2 * (gapBeside + width));
}
