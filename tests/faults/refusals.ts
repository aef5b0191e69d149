import { type Findings, percentile } from "./findings.ts";
import type { Attempt } from "./producer-messages.ts";

type Refusing = {
  /** How long an answer may take, in ms. */
  barMs: number;
  /** Nothing can have been stored until then, so nothing may have been acknowledged by then. */
  awayUntil?: number;
};

/** While the database is in trouble requests are answered 503 with Retry-After in time, and none hangs. */
export function judgeRefusals(
  findings: Findings,
  when: string,
  attempts: readonly Attempt[],
  { barMs, awayUntil = Number.NEGATIVE_INFINITY }: Refusing,
): void {
  findings.must(attempts.length > 0, `${when}: no request was sent`);
  findings.must(
    attempts.some(({ status }) => status === 503),
    `${when}: nothing was refused, so the fault was not felt`,
  );
  const lies = attempts.filter(
    ({ sentAt, tookMs, status }) => status >= 200 && status < 300 && sentAt + tookMs < awayUntil,
  ).length;
  findings.must(lies === 0, `${when}: ${lies} requests were acknowledged and cannot have been stored`);
  const unanswered = attempts.filter(({ status }) => status === 0).length;
  findings.must(
    unanswered === 0,
    `${when}: ${unanswered} of ${attempts.length} requests got no answer within the sender's 20 s`,
  );
  const silent = attempts.filter(({ status, retryAfter }) => status >= 500 && retryAfter === undefined).length;
  findings.must(silent === 0, `${when}: ${silent} refusals without Retry-After`);
  const odd = attempts.filter(({ status }) => status >= 300 && status !== 503 && status !== 429);
  findings.must(odd.length === 0, `${when}: ${odd.length} answers with status ${odd[0]?.status}`);
  const slow = attempts.filter(({ tookMs }) => tookMs > barMs * findings.slack);
  const worst =
    percentile(
      attempts.map(({ tookMs }) => tookMs),
      1,
    ) ?? 0;
  findings.note(`${when}: slowest answer ${worst} ms`);
  findings.must(
    slow.length === 0,
    `${when}: ${slow.length} of ${attempts.length} answers took longer than ${barMs} ms, the slowest ${worst} ms`,
  );
}
