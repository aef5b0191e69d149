import { BaseEdge, EdgeLabelRenderer, type EdgeProps } from "@xyflow/react";
import { Plus } from "lucide-react";
import { edgePath } from "./edge-path.ts";
import classes from "./FlowCanvas.module.css";
import type { FlowEdgeView } from "./flow-nodes.ts";

/** A line between steps with a button that adds one in between. */
export function FlowEdge({ sourceX, sourceY, targetX, targetY, data }: EdgeProps<FlowEdgeView>) {
  const isStraight = Math.abs(sourceX - targetX) < 1;
  const path = edgePath({ x: sourceX, y: sourceY }, { x: targetX, y: targetY }, data?.isJoining ?? false);
  // On a bent line the button stays above the bend, under the step it follows.
  const place = { x: sourceX, y: isStraight ? (sourceY + targetY) / 2 : sourceY + 16 };
  return (
    <>
      <BaseEdge path={path} className={classes.edge ?? ""} />
      {data?.onAdd && (
        <EdgeLabelRenderer>
          <button
            type="button"
            className={`${classes.add} nodrag nopan`}
            style={{ transform: `translate(-50%, -50%) translate(${place.x}px, ${place.y}px)` }}
            onClick={data.onAdd}
            aria-label="Add a step here"
            tabIndex={data.isTabStop ? 0 : -1}
          >
            <Plus size={12} aria-hidden />
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
