import type { Connector } from "@millrace/contract";
import { Filter, GitBranch, MousePointerClick, Reply, SlidersHorizontal, Variable, Webhook } from "lucide-react";
import { ConnectorIcon } from "../connectors/ConnectorIcon.tsx";
import classes from "./FlowCanvas.module.css";

export type StepIconSpec =
  | { kind: "webhook" | "manual" | "set" | "filter" | "branch" | "respond" | "settings" }
  | { kind: "action"; connectorId: string; connector: Connector | undefined };

const icons = {
  webhook: Webhook,
  manual: MousePointerClick,
  set: Variable,
  filter: Filter,
  branch: GitBranch,
  respond: Reply,
  settings: SlidersHorizontal,
} as const;

export function StepIcon({ icon, size = 28 }: { icon: StepIconSpec; size?: number }) {
  if (icon.kind === "action") return <ConnectorIcon connector={icon.connector} id={icon.connectorId} size={size} />;
  const Icon = icons[icon.kind];
  return (
    <span className={classes.blockIcon} style={{ width: size, height: size }} aria-hidden>
      <Icon size={Math.round(size * 0.54)} strokeWidth={1.75} />
    </span>
  );
}
