import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Plus } from "lucide-react";
import classes from "./FlowCanvas.module.css";
import type { EndFlowNode } from "./flow-nodes.ts";

/** The end of the flow, where a step can be added. */
export function EndNode({ data }: NodeProps<EndFlowNode>) {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className={classes.handle} />
      <button type="button" className={`${classes.end} nodrag nopan`} onClick={data.onAdd}>
        <Plus size={14} aria-hidden />
        {data.isFirst ? "Add the first step" : "Add step"}
      </button>
    </>
  );
}
