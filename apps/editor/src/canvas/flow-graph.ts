import type { Step } from "@millrace/automation";
import { type InsertPlace, innerLists, type ListPlace, rootList } from "../automations/step-places.ts";

export type FlowNode =
  | { id: string; kind: "trigger" }
  | { id: string; kind: "step"; step: Step }
  | { id: string; kind: "arm"; label: string; insert: InsertPlace; isError: boolean }
  | { id: string; kind: "join" }
  | { id: string; kind: "end"; insert: InsertPlace };

export type FlowEdge = { id: string; source: string; target: string; insert?: InsertPlace };
export type FlowGraph = { nodes: FlowNode[]; edges: FlowEdge[] };

export const triggerNodeId = "trigger";

/** Nodes stand in reading order: branches side by side, each arm under a label that says when it runs. */
export function flowGraph(steps: readonly Step[]): FlowGraph {
  const graph: FlowGraph = { nodes: [{ id: triggerNodeId, kind: "trigger" }], edges: [] };
  const last = addList(graph, steps, rootList, triggerNodeId);
  const insert = { list: rootList, index: steps.length };
  graph.nodes.push({ id: "end", kind: "end", insert });
  connect(graph, last, "end");
  return graph;
}

/** Adds a list of steps below `from` and returns the node that the flow goes on from. */
function addList(graph: FlowGraph, steps: readonly Step[], list: ListPlace, from: string): string {
  let last = from;
  for (const [index, step] of steps.entries()) {
    const id = `step:${step.id}`;
    graph.nodes.push({ id, kind: "step", step });
    connect(graph, last, id, { list, index });
    const inner = innerLists(step);
    last = inner.length > 0 ? addArms(graph, step, id) : id;
  }
  return last;
}

function addArms(graph: FlowGraph, step: Step, id: string): string {
  const join = `join:${step.id}`;
  const ends: string[] = [];
  for (const [index, { list, steps }] of innerLists(step).entries()) {
    const armId = `arm:${step.id}:${index}`;
    const isError = list.kind === "onError";
    graph.nodes.push({ id: armId, kind: "arm", label: armLabel(step, index), insert: { list, index: 0 }, isError });
    connect(graph, id, armId);
    ends.push(addList(graph, steps, list, armId));
  }
  graph.nodes.push({ id: join, kind: "join" });
  // A step that failed goes on through its handler; one that did not passes it by.
  if (!("branch" in step)) connect(graph, id, join);
  for (const [index, end] of ends.entries()) {
    const arm = innerLists(step)[index];
    connect(graph, end, join, arm ? { list: arm.list, index: arm.steps.length } : undefined);
  }
  return join;
}

function armLabel(step: Step, index: number): string {
  if (!("branch" in step)) return "If it fails";
  const arm = step.branch[index];
  return arm && "when" in arm ? arm.when || "when …" : "otherwise";
}

function connect(graph: FlowGraph, source: string, target: string, insert?: InsertPlace): void {
  graph.edges.push({ id: `${source}>${target}`, source, target, ...(insert ? { insert } : {}) });
}
