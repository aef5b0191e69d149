import "@xyflow/react/dist/base.css";
import { useComputedColorScheme } from "@mantine/core";
import { Controls, type EdgeTypes, type NodeTypes, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";
import { useEditor } from "../automations/editor-model.ts";
import classes from "./FlowCanvas.module.css";
import { FlowEdge } from "./FlowEdge.tsx";
import { FlowOutline } from "./FlowOutline.tsx";
import { nodeSize } from "./flow-layout.ts";
import { type FlowEdgeView, type FlowNodeView, flowNodes } from "./flow-nodes.ts";
import { ArmNode, EndNode, JoinNode } from "./SmallNodes.tsx";
import { StepNode } from "./StepNode.tsx";
import { useFlowKeys } from "./use-flow-keys.ts";

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
  useTopView(host, nodes);
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

/** Starts at the top, at full size, with the trigger in the middle: small flows shouldn't grow and long ones not shrink. */
function useTopView(host: React.RefObject<HTMLElement | null>, nodes: readonly FlowNodeView[]) {
  const { setViewport } = useReactFlow();
  const isPlaced = useRef(false);
  const trigger = nodes[0];
  useEffect(() => {
    const element = host.current;
    if (!element || !trigger) return;
    const place = () => {
      const { width } = element.getBoundingClientRect();
      if (width === 0 || isPlaced.current) return;
      isPlaced.current = true;
      const zoom = Math.min(1, (width - 32) / nodeSize.step.width);
      void setViewport({ x: width / 2 - (trigger.position.x + nodeSize.step.width / 2) * zoom, y: 24, zoom });
    };
    // A pane that is hidden on a narrow screen has no width until it is shown.
    const watching = new ResizeObserver(place);
    watching.observe(element);
    return () => watching.disconnect();
  }, [host, trigger, setViewport]);
}
