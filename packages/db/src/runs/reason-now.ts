import type { RunReason } from "@millrace/engine";

type ReasonWithTime = Extract<RunReason, { at: string }>["kind"];

const messages: Record<ReasonWithTime, string> = {
  worker_died: "Its worker stopped answering.",
  handed_back: "Its worker handed it back.",
  due: "Its wait is over.",
  trusted: "It did no harm while it ran apart from others, so others run beside it.",
};

/** Why the run `r` is where it is, as SQL, with the time on the database's clock. A RunReason. */
export const reasonNow = (kind: ReasonWithTime): string =>
  `json_build_object('kind', '${kind}', 'message', '${messages[kind]}',
    'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')${
      kind === "worker_died" ? ", 'worker', r.lease_owner, 'attempt', r.crash_count + 2" : ""
    })::text`;
