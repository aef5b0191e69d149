import type { Flow } from "./flow.ts";
import type { ServerProcess } from "./server-process.ts";
import { delay } from "./until.ts";
import type { WirePoint, WireProxy } from "./wire-proxy.ts";
import type { World } from "./world.ts";

/**
 * The moments of the reliability page's kill-point list, as they look on the wire. They name the product's own
 * statements: one that is worded anew is no longer hit, and the fault that wanted it fails.
 */
export const ingressPoints = {
  "before the insert": { on: "database", point: { marks: ["INSERT INTO events"], moment: "before" } },
  // A batch of new keys is stored and committed by one statement; one that brings a key again asks for its owner first.
  "after the keys, before the commit": {
    on: "database",
    point: { marks: ["INSERT INTO dedupe_keys AS d", "INSERT INTO deliveries"], moment: "before" },
  },
  "after the commit, before the answer": {
    on: "database",
    point: { marks: ["INSERT INTO deliveries"], moment: "after" },
  },
  "after the answer, before the ring": { on: "queue", point: { marks: [{ bytes: "runIds" }], moment: "before" } },
  "after the ring": { on: "queue", point: { marks: [{ bytes: "runIds" }], moment: "after" } },
} as const satisfies Record<string, { on: "database" | "queue"; point: WirePoint }>;

export const workerPoints = {
  "after the claim, before the call": { marks: ["SET status = 'running'"], moment: "after" },
  // A record without an effect commits by itself, in one statement: of a slow call as running, of a call before another step.
  "before a step's record": { marks: ["INSERT INTO step_records"], moment: "before" },
  "after a step's record": { marks: ["INSERT INTO step_records"], moment: "after" },
  "before the run's end commits": {
    marks: ["INSERT INTO key_values", "INSERT INTO step_records", "COMMIT"],
    moment: "before",
  },
  "after the run's end commits": {
    marks: ["INSERT INTO key_values", "INSERT INTO step_records", "COMMIT"],
    moment: "after",
  },
} as const satisfies Record<string, WirePoint>;

export type Killed = { pid: number; at: number };

const hitLimitMs = 20_000;

/** Kills the process at this point of its traffic. Undefined if the point did not come by. */
export async function killAtPoint(
  process: ServerProcess,
  proxy: WireProxy,
  point: WirePoint,
): Promise<Killed | undefined> {
  const { pid } = process;
  const hit = new Promise<Killed>((resolve) => {
    proxy.arm(point, () => {
      process.killNow();
      resolve({ pid, at: Date.now() });
    });
  });
  const killed = await Promise.race([hit, delay(hitLimitMs, undefined, { ref: false })]);
  if (killed) await process.kill();
  else proxy.arm(point, () => undefined)();
  return killed;
}

/** Kills whichever process of these makes the next call to the sink, while it waits for the answer. */
export async function killDuringCall(
  world: World,
  flow: Flow,
  candidates: readonly ServerProcess[],
): Promise<(Killed & { process: ServerProcess }) | undefined> {
  let stopWatching = () => {};
  const hit = new Promise<Killed & { process: ServerProcess }>((resolve) => {
    stopWatching = world.sink.watch(flow.name, async ({ run }) => {
      const process = await holderOf(world, run, candidates);
      if (!process) return;
      const { pid } = process;
      process.killNow();
      resolve({ pid, at: Date.now(), process });
    });
  });
  const killed = await Promise.race([hit, delay(hitLimitMs, undefined, { ref: false })]);
  stopWatching();
  await killed?.process.kill();
  return killed;
}

/** Which of these processes has the lease on a run. */
export async function holderOf(
  world: World,
  runId: string,
  candidates: readonly ServerProcess[],
): Promise<ServerProcess | undefined> {
  const { rows } = await world.stores.pool.query<{ owner: string | null }>(
    "SELECT lease_owner AS owner FROM runs WHERE id = $1",
    [runId],
  );
  return candidates.find((one) => one.isRunning() && rows[0]?.owner?.includes(`-${one.pid}-`));
}

/** The runs that a process holds, or held when it was killed a moment ago. */
export async function runsOfHolder({ stores }: World, pid: number): Promise<string[]> {
  const { rows } = await stores.pool.query<{ id: string }>(
    "SELECT id FROM runs WHERE status = 'running' AND lease_owner LIKE $1",
    [`%-${pid}-%`],
  );
  return rows.map(({ id }) => id);
}

/** How long each run that the killed process held took from the kill until somebody went on with it. */
export async function recoveryTimes(world: World, { pid, at }: Killed, limitMs: number): Promise<number[]> {
  const mine = `%-${pid}-%`;
  const open = new Set(await runsOfHolder(world, pid));
  const times: number[] = [];
  while (open.size > 0 && Date.now() - at < limitMs) {
    const { rows } = await world.stores.pool.query<{ id: string }>(
      `SELECT id FROM runs WHERE id = ANY($1)
         AND (status NOT IN ('queued', 'running') OR (status = 'running' AND lease_owner NOT LIKE $2))`,
      [[...open], mine],
    );
    for (const { id } of rows) {
      open.delete(id);
      times.push(Date.now() - at);
    }
    await delay(200);
  }
  return [...times, ...Array.from(open, () => limitMs)];
}
