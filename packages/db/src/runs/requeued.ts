import type { RunReason } from "@millrace/engine";

type Requeued = Extract<RunReason, { at: string }>["kind"];

const messages: Record<Requeued, string> = {
  worker_died: "Its worker stopped answering.",
  handed_back: "Its worker shut down and handed it back.",
  due: "Its wait is over.",
};

/** Why the run `r` is queued again, as SQL, with the time on the database's clock. A RunReason. */
export const requeued = (kind: Requeued): string =>
  `json_build_object('kind', '${kind}', 'message', '${messages[kind]}',
    'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')${
      kind === "worker_died" ? ", 'worker', r.lease_owner, 'attempt', r.crash_count + 2" : ""
    })::text`;
