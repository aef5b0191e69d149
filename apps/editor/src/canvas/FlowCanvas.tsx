import "@xyflow/react/dist/base.css";
import { useComputedColorScheme } from "@mantine/core";
import { Controls, type EdgeTypes, type NodeTypes, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { useEditor } from "../automations/editor-model.ts";
import { ArmNode } from "./ArmNode.tsx";
import { EndNode } from "./EndNode.tsx";
import classes from "./FlowCanvas.module.css";
import { FlowEdge } from "./FlowEdge.tsx";
import { FlowOutline } from "./FlowOutline.tsx";
import { type FlowEdgeView, type FlowNodeView, flowNodes } from "./flow-nodes.ts";
import { JoinNode } from "./JoinNode.tsx";
import { keepUnchanged } from "./keep-unchanged.ts";
import { StepNode } from "./StepNode.tsx";
import { useFlowKeys } from "./use-flow-keys.ts";
import { useFlowView } from "./use-flow-view.ts";

const nodeTypes: NodeTypes = { step: StepNode, arm: ArmNode, join: JoinNode, end: EndNode };
const edgeTypes: EdgeTypes = { flow: FlowEdge };

/** The flow, laid out by itself; nobody drags boxes. */
export function FlowCanvas() {
  return (
    <ReactFlowProvider>
      <Canvas />
    </ReactFlowProvider>
  );
}

function Canvas() {
  const { definition, catalog, issues, selection, anchor, select } = useEditor();
  const scheme = useComputedColorScheme("light");
  const host = useRef<HTMLDivElement>(null);
  const onKeyDown = useFlowKeys(host);
  // Typing comes first; the flow follows when there is time.
  const steps = useDeferredValue(definition.steps);
  const { trigger } = definition;
  const flow = useMemo(
    () => flowNodes({ steps, trigger, catalog, issues, selection, anchor, select }),
    [steps, trigger, catalog, issues, selection, anchor, select],
  );
  const nodes = useUnchanged(flow.nodes);
  const edges = useUnchanged(flow.edges);
  useFlowView(host, nodes);
  return (
    // The keys belong to the steps inside, which are buttons; this only listens.
    <section ref={host} className={classes.canvas} onKeyDown={onKeyDown} aria-label="Flow of steps">
      <ReactFlow<FlowNodeView, FlowEdgeView>
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={scheme}
        minZoom={0.3}
        maxZoom={1.4}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        disableKeyboardA11y
        panOnScroll
        zoomOnDoubleClick={false}
        proOptions={{ hideAttribution: true }}
      >
        <Controls showInteractive={false} position="bottom-right" />
      </ReactFlow>
      <FlowOutline steps={steps} />
    </section>
  );
}

function useUnchanged<Item extends { id: string }>(items: Item[]): Item[] {
  const [source, setSource] = useState(items);
  const [kept, setKept] = useState(items);
  if (source === items) return kept;
  const next = keepUnchanged(kept, items);
  setSource(items);
  setKept(next);
  return next;
}
