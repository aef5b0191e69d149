import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { Plus } from "lucide-react";
import classes from "./FlowCanvas.module.css";
import type { FlowEdgeView } from "./flow-nodes.ts";

const beforeJoin = 18;

/** A line between steps with a button that adds one in between. */
export function FlowEdge({
  sourceX,
  sourceY,
  targetX,
  targetY,
  sourcePosition,
  targetPosition,
  data,
}: EdgeProps<FlowEdgeView>) {
  const isStraight = Math.abs(sourceX - targetX) < 1;
  const centerY = data?.isJoining && !isStraight ? targetY - beforeJoin : undefined;
  const [path, labelX, labelY] = getSmoothStepPath({
    sourceX,
    sourceY,
    targetX,
    targetY,
    sourcePosition,
    targetPosition,
    borderRadius: 10,
    ...(centerY === undefined ? {} : { centerY }),
  });
  // On a bent line the button stays above the bend, under the step it follows.
  const place = isStraight ? { x: labelX, y: labelY } : { x: sourceX, y: sourceY + 17 };
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
            tabIndex={-1}
          >
            <Plus size={12} aria-hidden />
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
