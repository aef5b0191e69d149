import { Handle, type NodeProps, Position } from "@xyflow/react";
import { CircleAlert } from "lucide-react";
import classes from "./FlowCanvas.module.css";
import type { StepFlowNode } from "./flow-nodes.ts";
import { StepIcon } from "./StepIcon.tsx";

/** A step, or the trigger, as a card in the flow. */
export function StepNode({ data }: NodeProps<StepFlowNode>) {
  const problems = data.problems === 1 ? "1 problem" : `${data.problems} problems`;
  return (
    <>
      {data.isTrigger || (
        <Handle type="target" position={Position.Top} isConnectable={false} className={classes.handle} />
      )}
      <button
        type="button"
        className={`${classes.step} nodrag nopan`}
        data-flow-key={data.key}
        data-selected={data.isSelected || undefined}
        data-problem={data.problems > 0 || undefined}
        aria-current={data.isSelected ? "step" : undefined}
        tabIndex={data.isTabStop ? 0 : -1}
        // A click without a pointer is the Enter key.
        onClick={({ detail }) => data.onOpen(detail === 0 ? "open" : undefined)}
      >
        <StepIcon icon={data.icon} />
        <span className={classes.texts}>
          <span className={classes.title}>
            {data.isTrigger && <span className="visually-hidden">Trigger: </span>}
            {data.title}
          </span>
          <span className={classes.detail} data-plain={data.isTrigger || undefined}>
            {data.detail}
          </span>
        </span>
        {data.problems > 0 && (
          <span className={classes.problem} title={problems}>
            <CircleAlert size={15} aria-hidden />
            <span className="visually-hidden">{problems}</span>
          </span>
        )}
      </button>
      <Handle type="source" position={Position.Bottom} isConnectable={false} className={classes.handle} />
    </>
  );
}
