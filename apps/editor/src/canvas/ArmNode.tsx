import { Handle, type NodeProps, Position } from "@xyflow/react";
import classes from "./FlowCanvas.module.css";
import type { ArmFlowNode } from "./flow-nodes.ts";

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
