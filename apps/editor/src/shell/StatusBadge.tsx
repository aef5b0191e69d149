import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleHelp,
  CircleSlash,
  CircleX,
  Clock3,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";
import classes from "./StatusBadge.module.css";

type Tone = "ok" | "bad" | "warn" | "live" | "quiet";
type Look = { icon: LucideIcon; tone: Tone; label: string; spins?: boolean };

const looks: Record<string, Look> = {
  queued: { icon: CircleDashed, tone: "quiet", label: "Queued" },
  running: { icon: LoaderCircle, tone: "live", label: "Running", spins: true },
  waiting: { icon: Clock3, tone: "warn", label: "Waiting" },
  succeeded: { icon: CircleCheck, tone: "ok", label: "Succeeded" },
  failed: { icon: CircleX, tone: "bad", label: "Failed" },
  canceled: { icon: Ban, tone: "quiet", label: "Canceled" },
  needs_review: { icon: CircleHelp, tone: "warn", label: "Needs review" },
  skipped: { icon: CircleSlash, tone: "quiet", label: "Skipped" },
  pending: { icon: CircleDashed, tone: "quiet", label: "Not started" },
  accepted: { icon: CircleCheck, tone: "ok", label: "Accepted" },
  duplicate: { icon: CircleDot, tone: "quiet", label: "Duplicate" },
  filtered: { icon: CircleSlash, tone: "quiet", label: "Filtered out" },
  handshake: { icon: CircleDot, tone: "quiet", label: "Handshake" },
  rejected: { icon: CircleX, tone: "bad", label: "Rejected" },
  healthy: { icon: CircleCheck, tone: "ok", label: "Working" },
  failing: { icon: CircleAlert, tone: "bad", label: "Not working" },
  unknown: { icon: CircleDashed, tone: "quiet", label: "Not tested" },
  on: { icon: CircleCheck, tone: "ok", label: "On" },
  off: { icon: CircleSlash, tone: "quiet", label: "Off" },
  draft: { icon: CircleDashed, tone: "warn", label: "Draft" },
};

function lookOf(status: string): Look {
  return looks[status] ?? { icon: CircleDashed, tone: "quiet", label: status.replaceAll("_", " ") };
}

type Props = { status: string; label?: string; bare?: boolean };

/** A status in words, with an icon; colour only repeats what they say. */
export function StatusBadge({ status, label, bare = false }: Props) {
  const look = lookOf(status);
  return (
    <span className={classes.badge} data-tone={look.tone} data-bare={bare || undefined} data-status={status}>
      <StatusIcon status={status} />
      {label ?? look.label}
    </span>
  );
}

export function StatusIcon({ status, size = 14 }: { status: string; size?: number }) {
  const { icon: Icon, tone, spins } = lookOf(status);
  return (
    <Icon
      size={size}
      strokeWidth={2}
      aria-hidden
      className={classes.icon}
      data-tone={tone}
      data-spins={spins || undefined}
    />
  );
}
