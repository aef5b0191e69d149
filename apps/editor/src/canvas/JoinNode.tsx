import { Handle, Position } from "@xyflow/react";
import classes from "./FlowCanvas.module.css";

/** Where the arms of a branch meet again. */
export function JoinNode() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} className={classes.handle} />
      <div className={classes.join} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={classes.handle} />
    </>
  );
}
