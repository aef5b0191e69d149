import { isAccepted } from "../answers.ts";
import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import type { Attempt } from "../producer-messages.ts";
import { judgeRefusals } from "../refusals.ts";
import { slowInserts } from "../slow-inserts.ts";
import { delay, poll } from "../until.ts";
import type { World } from "../world.ts";

const answerBarMs = 5_000;
const recoveryBarMs = 5_000;
const unreadyBarMs = 5_000;
/** More than a tenth of a second for each row, and the flows' 50 rows a second no longer fit into what is written at once. */
const sleepMsPerRow = 100;

export const postgresSlow: Fault = {
  id: "F9",
  title: "PostgreSQL slow: a lock on runs that every session waits for, then a slow insert",
  layout: "split",
  async inject(world, findings, size) {
    const flow = await world.newFlow("f9", { counts: false });
    const slowForMs = size.isFull ? 20_000 : 8_000;
    const load = { count: 100_000, ratePerS: 50, connections: 50, resends: false, timeoutMs: 20_000 };
    const sending = world.send(flow, load);
    await delay(1_000);
    const locked = await lockRuns(world, findings, slowForMs);
    await delay(recoveryBarMs);
    const slowed = await slowDown(world, slowForMs);
    await delay(recoveryBarMs);
    sending.stop();
    await sending.done;
    const attempts = world.producer.attempts(sending.id);
    judgePhase("runs locked", attempts, locked, findings);
    const felt = judgePhase("inserts slow", attempts, slowed, findings).filter(
      ({ status, tookMs }) => status === 503 || tookMs >= sleepMsPerRow,
    );
    const sent = attempts.filter(isWithin(slowed)).length;
    findings.note(`${felt.length} of ${sent} answers were later than a row's ${sleepMsPerRow} ms, or 503`);
    findings.must(felt.length > sent / 2, `only ${felt.length} of ${sent} requests met the slow insert`);
    await check(world, flow, findings, { boundMs: 60_000 });
  },
};

/** `awayUntil`: until then nothing could be stored at all. */
type Phase = { from: number; until: number; awayUntil?: number };

const isWithin =
  ({ from, until }: Phase) =>
  ({ sentAt }: Attempt): boolean =>
    sentAt > from + 100 && sentAt < until - 100;

/** Resolves with the requests of the phase. */
function judgePhase(when: string, all: readonly Attempt[], phase: Phase, findings: Findings): readonly Attempt[] {
  const attempts = all.filter(isWithin(phase));
  const { awayUntil } = phase;
  judgeRefusals(findings, when, attempts, { barMs: answerBarMs, ...(awayUntil !== undefined && { awayUntil }) });
  const firstOk = all.find((attempt) => attempt.sentAt > phase.until && isAccepted(attempt));
  const recoveredMs = firstOk && firstOk.sentAt + firstOk.tookMs - phase.until;
  findings.recovered(recoveredMs ?? 60_000);
  findings.within(`${when}: first 2xx after it`, recoveredMs, recoveryBarMs);
  return attempts;
}

async function lockRuns(world: World, findings: Findings, forMs: number): Promise<Phase> {
  const client = await world.stores.pool.connect();
  await client.query("BEGIN");
  await client.query("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE");
  const from = Date.now();
  const unreadyMs = await poll(
    async () => ((await readyStatus(world)) === 503 ? Date.now() - from : undefined),
    forMs,
    100,
  );
  await delay(Math.max(0, forMs - (Date.now() - from)));
  const { rows } = await client.query<{ waiting: number }>(
    "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE application_name LIKE 'millrace%' AND wait_event_type = 'Lock'",
  );
  const awayUntil = Date.now();
  await client.query("ROLLBACK");
  client.release();
  findings.note(`${rows[0]?.waiting} sessions waited for the lock`);
  findings.within("runs locked: readiness says no after", unreadyMs, unreadyBarMs);
  return { from, until: Date.now(), awayUntil };
}

async function slowDown(world: World, forMs: number): Promise<Phase> {
  const endSlowInserts = await slowInserts(world, sleepMsPerRow);
  const from = Date.now();
  await delay(forMs);
  return { from, until: await endSlowInserts() };
}

async function readyStatus({ ingresses: [ingress] }: World): Promise<number> {
  try {
    const answer = await fetch(`${ingress.url}/readyz`, { signal: AbortSignal.timeout(1_500) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 503; // no answer in time is a no to every load balancer
  }
}
