import "@xyflow/react/dist/base.css";
import { useComputedColorScheme } from "@mantine/core";
import { Controls, type EdgeTypes, type NodeTypes, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { useMemo, useRef } from "react";
import { useEditor } from "../automations/editor-model.ts";
import classes from "./FlowCanvas.module.css";
import { FlowEdge } from "./FlowEdge.tsx";
import { FlowOutline } from "./FlowOutline.tsx";
import { type FlowEdgeView, type FlowNodeView, flowNodes } from "./flow-nodes.ts";
import { ArmNode, EndNode, JoinNode } from "./SmallNodes.tsx";
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
  const { definition, catalog, issues, selection, select } = useEditor();
  const scheme = useComputedColorScheme("light");
  const host = useRef<HTMLDivElement>(null);
  const onKeyDown = useFlowKeys(host);
  const { nodes, edges } = useMemo(
    () => flowNodes({ steps: definition.steps, trigger: definition.trigger, catalog, issues, selection, select }),
    [definition.steps, definition.trigger, catalog, issues, selection, select],
  );
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
      <FlowOutline steps={definition.steps} />
    </section>
  );
}
