import type { Step } from "@millrace/automation";
import type { Connector } from "@millrace/contract";
import type { Edge, Node } from "@xyflow/react";
import type { Selection } from "../automations/editor-model.ts";
import type { StepIssues } from "../automations/step-issues.ts";
import type { InsertPlace } from "../automations/step-places.ts";
import { actionTitle, connectorOf } from "../connectors/action-title.ts";
import { flowGraph, triggerNodeId } from "./flow-graph.ts";
import { flowLayout } from "./flow-layout.ts";
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
    onOpen: () => void;
  },
  "step"
>;
export type ArmFlowNode = Node<{ label: string; isError: boolean }, "arm">;
export type JoinFlowNode = Node<Record<string, never>, "join">;
export type EndFlowNode = Node<{ isFirst: boolean; onAdd: () => void }, "end">;
export type FlowNodeView = StepFlowNode | ArmFlowNode | JoinFlowNode | EndFlowNode;
export type FlowEdgeView = Edge<{ onAdd: (() => void) | undefined; isJoining: boolean }, "flow">;

type Options = {
  steps: readonly Step[];
  trigger: { type: "webhook" | "manual" };
  catalog: readonly Connector[];
  issues: StepIssues;
  selection: Selection;
  select: (selection: Selection) => void;
};

/** The flow as the canvas draws it. */
export function flowNodes({ steps, trigger, catalog, issues, selection, select }: Options): {
  nodes: FlowNodeView[];
  edges: FlowEdgeView[];
} {
  const graph = flowGraph(steps);
  const boxes = flowLayout(steps);
  const add = (place: InsertPlace) => () => select({ kind: "palette", place });
  const nodes = graph.nodes.map((node): FlowNodeView => {
    const { x = 0, y = 0, width = 0, height = 0 } = boxes.get(node.id) ?? {};
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
      case "trigger": {
        const isSelected = selection.kind === "trigger";
        const problems = issues.get("trigger")?.length ?? 0;
        const onOpen = () => select({ kind: "trigger" });
        const title = trigger.type === "webhook" ? "Webhook" : "Manual start";
        const detail = trigger.type === "webhook" ? "When a request arrives" : "When somebody starts it";
        return {
          ...base,
          type: "step",
          data: {
            key: triggerNodeId,
            isTrigger: true,
            title,
            detail,

            icon: { kind: trigger.type },
            problems,
            isSelected,
            onOpen,
          },
        };
      }
      case "step":
        return { ...base, type: "step", data: stepData(node.step, { catalog, issues, selection, select }) };
      case "arm":
        return { ...base, type: "arm", data: { label: node.label, isError: node.isError } };
      case "join":
        return { ...base, type: "join", data: {} };
      case "end":
        return { ...base, type: "end", data: { isFirst: steps.length === 0, onAdd: add(node.insert) } };
    }
  });
  const edges = graph.edges.map(
    ({ id, source, target, insert }): FlowEdgeView => ({
      id,
      source,
      target,
      type: "flow",
      focusable: false,
      selectable: false,
      data: { onAdd: insert && add(insert), isJoining: target.startsWith("join:") },
    }),
  );
  return { nodes, edges };
}

function stepData(
  step: Step,
  { catalog, issues, selection, select }: Pick<Options, "catalog" | "issues" | "selection" | "select">,
): StepFlowNode["data"] {
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
    onOpen: () => select({ kind: "step", stepId: step.id }),
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
  return { title: "Branch", icon: { kind: "branch" } };
}
