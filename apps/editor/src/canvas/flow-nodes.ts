import type { Step } from "@millrace/automation";
import type { Connector } from "@millrace/contract";
import type { Edge, Node } from "@xyflow/react";
import type { Select, Selection } from "../automations/editor-model.ts";
import type { StepIssues } from "../automations/step-issues.ts";
import type { InsertPlace } from "../automations/step-places.ts";
import { actionTitle, connectorOf } from "../connectors/action-title.ts";
import { type FlowNode, flowGraph, triggerNodeId } from "./flow-graph.ts";
import { type Box, flowLayout } from "./flow-layout.ts";
import type { StepIconSpec } from "./StepIcon.tsx";

export type StepFlowNode = Node<
  {
    /** What the keyboard walks: `trigger` or a step's id. */
    key: string;
    isTrigger: boolean;
    title: string;
    detail: string;
    icon: StepIconSpec;
    problems: number;
    isSelected: boolean;
    /** The one step that Tab reaches; arrows walk from it. */
    isTabStop: boolean;
    onOpen: (how?: "open") => void;
  },
  "step"
>;
export type ArmFlowNode = Node<{ label: string; isError: boolean }, "arm">;
export type JoinFlowNode = Node<Record<string, never>, "join">;
export type EndFlowNode = Node<{ isFirst: boolean; onAdd: () => void }, "end">;
export type FlowNodeView = StepFlowNode | ArmFlowNode | JoinFlowNode | EndFlowNode;
export type FlowEdgeView = Edge<
  {
    onAdd: (() => void) | undefined;
    isJoining: boolean;
    /** In an arm without steps no step leads to the button, so Tab must. */
    isTabStop: boolean;
  },
  "flow"
>;

type Options = {
  steps: readonly Step[];
  trigger: { type: "webhook" | "manual" };
  catalog: readonly Connector[];
  issues: StepIssues;
  selection: Selection;
  anchor: string;
  select: Select;
};

/** The flow as the canvas draws it. */
export function flowNodes(options: Options): { nodes: FlowNodeView[]; edges: FlowEdgeView[] } {
  const graph = flowGraph(options.steps);
  const boxes = flowLayout(options.steps);
  const nodes = graph.nodes.map((node) => nodeView(node, boxes.get(node.id), options));
  const edges = graph.edges.map(
    ({ id, source, target, insert }): FlowEdgeView => ({
      id,
      source,
      target,
      type: "flow",
      focusable: false,
      selectable: false,
      data: {
        onAdd: insert && adder(insert, options),
        isJoining: target.startsWith("join:"),
        isTabStop: source.startsWith("arm:") && target.startsWith("join:"),
      },
    }),
  );
  return { nodes, edges };
}

const adder =
  (place: InsertPlace, { select }: Options) =>
  () =>
    select({ kind: "palette", place });

function nodeView(node: FlowNode, box: Box | undefined, options: Options): FlowNodeView {
  const { x = 0, y = 0, width = 0, height = 0 } = box ?? {};
  const base = {
    id: node.id,
    position: { x, y },
    width,
    height,
    draggable: false,
    focusable: false,
    selectable: false,
  };
  switch (node.kind) {
    case "trigger":
      return { ...base, type: "step", data: triggerData(options) };
    case "step":
      return { ...base, type: "step", data: stepData(node.step, options) };
    case "arm":
      return { ...base, type: "arm", data: { label: node.label, isError: node.isError } };
    case "join":
      return { ...base, type: "join", data: {} };
    case "end":
      return {
        ...base,
        type: "end",
        data: { isFirst: options.steps.length === 0, onAdd: adder(node.insert, options) },
      };
  }
}

function triggerData({ trigger, issues, selection, anchor, select }: Options): StepFlowNode["data"] {
  const isWebhook = trigger.type === "webhook";
  return {
    key: triggerNodeId,
    isTrigger: true,
    title: isWebhook ? "Webhook" : "Manual start",
    detail: isWebhook ? "When a request arrives" : "When somebody starts it",
    icon: { kind: trigger.type },
    problems: issues.get("trigger")?.length ?? 0,
    isSelected: selection.kind === "trigger",
    isTabStop: anchor === triggerNodeId,
    onOpen: (how) => select({ kind: "trigger" }, how),
  };
}

function stepData(step: Step, { catalog, issues, selection, anchor, select }: Options): StepFlowNode["data"] {
  const problems = issues.get(step.id)?.length ?? 0;
  const { title, icon } = describeStep(step, catalog);
  return {
    key: step.id,
    isTrigger: false,
    title,
    detail: step.id,
    icon,
    problems,
    isSelected: selection.kind === "step" && selection.stepId === step.id,
    isTabStop: anchor === step.id,
    onOpen: (how) => select({ kind: "step", stepId: step.id }, how),
  };
}

export function describeStep(step: Step, catalog: readonly Connector[]): { title: string; icon: StepIconSpec } {
  if ("action" in step) {
    const connectorId = step.action.split(".")[0] ?? step.action;
    return {
      title: actionTitle(catalog, step.action),
      icon: { kind: "action", connectorId, connector: connectorOf(catalog, step.action) },
    };
  }
  if ("set" in step) return { title: "Set variables", icon: { kind: "set" } };
  if ("filter" in step) return { title: "Filter", icon: { kind: "filter" } };
  if ("respond" in step) return { title: "Respond", icon: { kind: "respond" } };
  return { title: "Branch", icon: { kind: "branch" } };
}
