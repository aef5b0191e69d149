import type { ClaimRequest } from "@millrace/engine";
import { inOneTransaction } from "../pipelined-transaction.ts";
import { statement } from "../statement.ts";
import { fitting, isDue, isLastChance, locked, named, take } from "./choose-runs.ts";
import { type CountingTables, type HotPath, laneStatement } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import type { TakenRow } from "./load-claimed.ts";
import type { UnfinishedBounds, UnfinishedDays } from "./unfinished-days.ts";

/** A run that a limit or its order key may hold back. `locks`: the workspaces and automations whose limits it is under. */
export type ProposedRun = { id: string; locks: string[] };

type Claiming = { hotPath: HotPath; defaultMaxRunning: number | null; days: UnfinishedDays };

/** Any number that nothing else of ours seeds its locks with. */
const lockSeed = 44_003;

/** In one order, so that two workers never wait for each other. */
const lock = statement(`SELECT pg_advisory_xact_lock(number)
  FROM (SELECT DISTINCT hashtextextended(name, ${lockSeed}) AS number FROM unnest($1::text[]) AS name ORDER BY number) ordered`);

const takeFitting = (is: string) =>
  laneStatement<CountingTables>(({ runs, counted }, within) => {
    const limits = { limit: "$3::int", defaultMaxRunning: "$4::int" };
    const own = { runs, within };
    return `WITH ${[
      named("$5::text[]", own, is),
      fitting(limits, { runs: counted, within }),
      locked("true", limits.limit, own, is),
      take("$6", "$7::float8", own),
    ].join(", ")}
    SELECT *, true AS is_limited FROM taken`;
  });

const takeDue = takeFitting(isDue);
const takeLastChance = takeFitting(isLastChance);

/**
 * Counts again and takes, while no other worker does so for the same workspace or automation. The lock and the claim are
 * two statements that go out together: the second sees what was committed before the lock was given, which one statement
 * would not, and a worker that stops in between cannot keep the lock, because the server has its COMMIT already.
 */
export async function takeLimited(
  { hotPath, defaultMaxRunning, days }: Claiming,
  { workerId, leaseMs, limit, isLastChance: isLast }: ClaimRequest,
  proposed: readonly ProposedRun[],
): Promise<TakenRow[]> {
  if (limit <= 0 || proposed.length === 0) return [];
  const ids = proposed.map(({ id }) => id);
  const counted = countedBounds(ids, await days.read());
  const lane = await hotPath.countingLaneOf(ids, counted);
  const takes = isLast ? takeLastChance : takeDue;
  const values = [counted.lowest, counted.beyond, limit, defaultMaxRunning, ids, workerId, leaseMs];
  const names = [...new Set(proposed.flatMap(({ locks }) => locks))];
  const [, taken] = await inOneTransaction(lane.pool, [lock([names]), takes(lane, values)]);
  return taken?.rows ?? [];
}

/** Of the runs themselves, and of all that counts against their limits. */
export function countedBounds(
  ids: readonly string[],
  unfinished: UnfinishedBounds,
): Pick<UnfinishedBounds, "lowest" | "beyond"> {
  const own = boundsOf(ids);
  const sorted = [...own, unfinished.lowest, unfinished.beyond].sort();
  return { lowest: sorted.at(0) ?? own[0], beyond: sorted.at(-1) ?? own[1] };
}
