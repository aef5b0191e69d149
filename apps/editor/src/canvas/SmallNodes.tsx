import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Plus } from "lucide-react";
import classes from "./FlowCanvas.module.css";
import type { ArmFlowNode, EndFlowNode } from "./flow-nodes.ts";

/** When an arm of a branch runs. */
export function ArmNode({ data }: NodeProps<ArmFlowNode>) {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className={classes.handle} />
      <div className={classes.arm} data-error={data.isError || undefined} title={data.label}>
        {data.label}
      </div>
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={classes.handle} />
    </>
  );
}

export function JoinNode() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className={classes.handle} />
      <div className={classes.join} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={classes.handle} />
    </>
  );
}

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
