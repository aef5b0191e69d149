import { useReactFlow, type Viewport } from "@xyflow/react";
import { type RefObject, useEffect, useEffectEvent, useRef } from "react";
import { nodeSize } from "./flow-layout.ts";
import type { FlowNodeView } from "./flow-nodes.ts";

const margin = 24;
const smallestStartZoom = 0.6;

/**
 * Starts at the top with the trigger in the middle: small flows shouldn't grow, and long ones not shrink, but wide ones
 * a little. Later only moves when the selected step is out of sight.
 */
export function useFlowView(host: RefObject<HTMLElement | null>, nodes: readonly FlowNodeView[]): void {
  const { setViewport, getViewport } = useReactFlow();
  const isPlaced = useRef(false);

  const place = useEffectEvent((width: number) => {
    if (isPlaced.current || width === 0) return;
    isPlaced.current = true;
    const halfWidths = nodes.map(({ position, width: nodeWidth = 0 }) => Math.max(-position.x, position.x + nodeWidth));
    const flowWidth = 2 * Math.max(nodeSize.step.width / 2, ...halfWidths);
    const zoom = Math.max(smallestStartZoom, Math.min(1, (width - 2 * margin) / flowWidth));
    void setViewport({ x: width / 2, y: margin, zoom });
  });
  useEffect(() => {
    if (!host.current) return;
    // A pane that is hidden on a narrow screen has no width until it is shown.
    const watching = new ResizeObserver(([entry]) => place(entry?.contentRect.width ?? 0));
    watching.observe(host.current);
    return () => watching.disconnect();
  }, [host]);

  const selected = nodes.find((node) => node.type === "step" && node.data.isSelected);
  const selectedId = selected?.id;
  const show = useEffectEvent(() => {
    const { width = 0, height = 0 } = host.current?.getBoundingClientRect() ?? {};
    if (!selected || !isPlaced.current || width === 0) return;
    const next = viewWith(getViewport(), selected, { width, height });
    if (next) void setViewport(next, { duration: reducedMotion.matches ? 0 : 160 });
  });
  useEffect(() => {
    if (selectedId !== undefined) show();
  }, [selectedId]);
}

const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

/** The nearest view in which the node is whole; undefined where it already is. */
function viewWith(view: Viewport, node: FlowNodeView, pane: { width: number; height: number }): Viewport | undefined {
  const left = node.position.x * view.zoom + view.x;
  const top = node.position.y * view.zoom + view.y;
  const x = view.x + correction(left, (node.width ?? 0) * view.zoom, pane.width);
  const y = view.y + correction(top, (node.height ?? 0) * view.zoom, pane.height);
  return x === view.x && y === view.y ? undefined : { ...view, x, y };
}

function correction(from: number, size: number, available: number): number {
  if (from < margin) return margin - from;
  return Math.min(0, available - margin - (from + size));
}
