import type { ClaimRequest } from "@millrace/engine";
import pg from "pg";
import { type DayParameters, fitting, isDue, isLastChance, locked, named, take } from "./choose-runs.ts";
import { between, type HotPath } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import type { TakenRow } from "./load-claimed.ts";
import type { UnfinishedDays } from "./unfinished-days.ts";

/** A run that a limit or its order key may hold back. `locks`: the workspaces and automations whose limits it is under. */
export type ProposedRun = { id: string; locks: string[] };

type Claiming = { hotPath: HotPath; defaultMaxRunning: number | null; days: UnfinishedDays };

/** Any number that nothing else of ours seeds its locks with. */
const lockSeed = 44_003;

/**
 * Counts again and takes, while no other worker does so for the same workspace or automation.
 *
 * The lock and the claim are two statements of one request: the second sees what was committed before the lock was
 * given, which one statement would not, and a worker that stops in between cannot keep the lock, because the server has
 * the whole request already. Hence literals: a request of several statements takes no parameters.
 */
export async function takeLimited(
  { hotPath, defaultMaxRunning, days }: Claiming,
  { workerId, leaseMs, limit, isLastChance: isLast }: ClaimRequest,
  proposed: readonly ProposedRun[],
): Promise<TakenRow[]> {
  if (limit <= 0 || proposed.length === 0) return [];
  const is = isLast ? isLastChance : isDue;
  const ids = proposed.map(({ id }) => id);
  const [lowest, beyond] = boundsOf(ids);
  const unfinished = await days.read();
  const within = literals(lowest, beyond);
  const [first = lowest] = [lowest, unfinished.lowest].sort();
  const counted = literals(first, [beyond, unfinished.beyond].sort()[1] ?? beyond);
  const limits = {
    limit: integer(limit),
    defaultMaxRunning: defaultMaxRunning === null ? "NULL::int" : integer(defaultMaxRunning),
  };
  const names = texts([...new Set(proposed.flatMap(({ locks }) => locks))]);
  // In one order, so that two workers never wait for each other.
  const lock = `SELECT pg_advisory_xact_lock(number)
    FROM (SELECT DISTINCT hashtextextended(name, ${lockSeed}) AS number FROM unnest(${names}) AS name ORDER BY number) ordered`;
  const claim = `WITH ${[
    named(texts(ids), within, is),
    fitting(limits, counted),
    locked("true", limits.limit, within, is),
    take(pg.escapeLiteral(workerId), integer(leaseMs), within),
  ].join(", ")}
    SELECT *, true AS is_limited FROM taken`;
  // One answer for each statement, which the types of `pg` do not say.
  const answers: pg.QueryResult | pg.QueryResult[] = await hotPath.anyDay.pool.query(`${lock}; ${claim}`);
  const last: pg.QueryResult<TakenRow> | undefined = Array.isArray(answers) ? answers.at(-1) : answers;
  return last?.rows ?? [];
}

const literals = (lowest: string, beyond: string): DayParameters => ({
  runs: "runs",
  within: between(pg.escapeLiteral(lowest), pg.escapeLiteral(beyond)),
});

const texts = (values: readonly string[]): string =>
  `ARRAY[${values.map((value) => pg.escapeLiteral(value)).join(", ")}]::text[]`;

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new Error(`Expected a whole number, got ${value}.`);
  return String(value);
}
