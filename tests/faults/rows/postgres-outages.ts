import pg from "pg";
import { isAccepted } from "../answers.ts";
import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import { percentile } from "../findings.ts";
import type { Flow } from "../flow.ts";
import { residentMb } from "../memory.ts";
import type { Sending } from "../producer.ts";
import { judgeRefusals } from "../refusals.ts";
import { delay, poll } from "../until.ts";
import type { World } from "../world.ts";

const pickupBarMs = 15_000;

type Cut = { name: string; make: (world: World) => Promise<unknown>; onlyOn?: World["backend"] };

/** Rejects where there is no such session: then nothing would be shown. */
const terminate = (which: string) => async (world: World) => {
  const { rowCount } = await world.stores.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'millrace%' AND ${which}`,
  );
  if (rowCount === 0) throw new Error(`PostgreSQL has no session of Millrace's for which ${which}.`);
};

const cuts: readonly Cut[] = [
  { name: "restart -m immediate", make: ({ stores }) => stores.crashPostgres("immediate") },
  { name: "a backend killed", make: ({ stores }) => stores.crashPostgres("backend killed") },
  { name: "every session terminated", make: terminate("true") },
  {
    name: "only the queue's sessions terminated",
    make: terminate("application_name <> 'millrace'"),
    onlyOn: "postgres",
  },
];

export const postgresCrash: Fault = {
  id: "F7",
  title: "PostgreSQL crashes, and cuts sessions",
  layout: "split",
  async inject(world, findings, size) {
    const flow = await world.newFlow("f7", { counts: false });
    const { sending, ratePerS } = await sendAtBearableRate(world, flow);
    findings.note(`${ratePerS} requests/s`);
    findings.must(
      ratePerS >= 25,
      `without any fault only ${ratePerS}/s were picked up within a second; 50 are asked for`,
    );
    const pids = world.processes.filter((process) => process.isRunning()).map(({ pid }) => pid);
    for (let round = 0; round < size.times(10); round++) {
      for (const { name, make } of cuts.filter(({ onlyOn = world.backend }) => onlyOn === world.backend)) {
        const at = Date.now();
        await make(world);
        const recoveredMs = await untilPickupIsQuick(world, flow, at, ratePerS);
        findings.recovered(recoveredMs ?? pickupBarMs * 2);
        findings.within(`pickup p99 under 1 s again after "${name}"`, recoveredMs, pickupBarMs);
      }
    }
    sending.stop();
    await sending.done;
    const now = world.processes.filter((process) => process.isRunning()).map(({ pid }) => pid);
    findings.must(pids.join() === now.join(), "a process had to be started again");
    await check(world, flow, findings, { boundMs: 60_000 });
  },
};

/** 50 a second, or less where this machine builds up a backlog without any fault: then the fault would not be seen. */
async function sendAtBearableRate(world: World, flow: Flow): Promise<{ sending: Sending; ratePerS: number }> {
  for (let ratePerS = 50; ; ratePerS = Math.ceil(ratePerS / 2)) {
    const sending = world.send(flow, { count: 100_000, ratePerS, connections: 50, resends: true });
    const isBearable = (await untilPickupIsQuick(world, flow, Date.now(), ratePerS)) !== undefined;
    if (isBearable || ratePerS < 5) return { sending, ratePerS };
    sending.stop();
    await sending.done;
    await poll(async () => (await runsOf(world, flow)).every(({ finishedAt }) => finishedAt !== null), 120_000, 500);
  }
}

/** How long after the fault the p99 of a second's pickup latencies was under 1 s for three seconds. */
async function untilPickupIsQuick(world: World, flow: Flow, at: number, ratePerS: number): Promise<number | undefined> {
  return poll(
    async () => {
      const runs = await runsOf(world, flow).catch(() => []);
      const now = Date.now();
      const recent = runs.filter(({ queuedAt }) => queuedAt > Math.max(at, now - 4_000) && queuedAt < now - 1_000);
      const waits = recent.map(({ queuedAt, startedAt }) => (startedAt ?? now) - queuedAt);
      return now - at > 4_000 && recent.length > ratePerS && (percentile(waits, 0.99) ?? 1_000) < 1_000
        ? now - at - 4_000
        : undefined;
    },
    pickupBarMs * 2,
    200,
  );
}

export const postgresAway: Fault = {
  id: "F8",
  title: "PostgreSQL away while webhooks come in, refusing and then silent",
  layout: "split",
  async inject(world, findings, size) {
    const flow = await world.newFlow("f8", { counts: false });
    const outageMs = size.isFull ? 30_000 : 6_000;
    const running = [...world.ingresses, ...world.workers];
    for (const kind of ["refusing", "silent"] as const) {
      const before = world.ingresses.map(({ pid }) => residentMb(pid));
      const sending = world.send(flow, {
        count: 100_000,
        ratePerS: 50,
        connections: 50,
        resends: false,
        timeoutMs: 20_000,
      });
      await delay(2_000);
      for (const { postgres } of running) kind === "refusing" ? await postgres.goDown() : postgres.freeze();
      const downAt = Date.now();
      await delay(outageMs);
      const backAt = Date.now();
      const grown = world.ingresses.map(({ pid }, index) => residentMb(pid) - (before[index] ?? 0));
      for (const { postgres } of running) kind === "refusing" ? await postgres.comeBack() : postgres.thaw();
      await delay(6_000);
      sending.stop();
      await sending.done;
      const attempts = world.producer.attempts(sending.id);
      judgeRefusals(
        findings,
        `PostgreSQL ${kind}`,
        attempts.filter(({ sentAt }) => sentAt > downAt + 100 && sentAt < backAt - 100),
        { barMs: 2_000, awayUntil: backAt },
      );
      findings.must(Math.max(...grown) < 50, `${kind}: an ingress grew by ${Math.max(...grown)} MB; the bar is 50 MB`);
      const firstOk = attempts.find((attempt) => attempt.sentAt > backAt && isAccepted(attempt));
      const recoveredMs = firstOk && firstOk.sentAt + firstOk.tookMs - backAt;
      findings.recovered(recoveredMs ?? 60_000);
      findings.within(`${kind}: first 2xx after the return`, recoveredMs, 3_000);
    }
    await check(world, flow, findings, { boundMs: 60_000 });
  },
};

export const postgresFull: Fault = {
  id: "F10",
  title: "PostgreSQL has no connection left",
  layout: "split",
  async inject(world, findings, size) {
    const flow = await world.newFlow("f10", { counts: false });
    const sending = world.send(flow, {
      count: 100_000,
      ratePerS: 50,
      connections: 50,
      resends: true,
      timeoutMs: 20_000,
    });
    await delay(1_000);
    const fullAt = await occupyEverySession(world, size.isFull ? 15_000 : 5_000);
    findings.must(fullAt !== undefined, "the server was never full");
    const freeAt = Date.now();
    await delay(5_000);
    sending.stop();
    await sending.done;
    const attempts = world.producer.attempts(sending.id);
    judgeRefusals(
      findings,
      "no connection left",
      attempts.filter(({ sentAt }) => sentAt > (fullAt ?? freeAt) + 500 && sentAt < freeAt - 100),
      { barMs: 6_000 },
    );
    const firstOk = attempts.find((attempt) => attempt.sentAt > freeAt && isAccepted(attempt));
    const recoveredMs = firstOk && firstOk.sentAt + firstOk.tookMs - freeAt;
    findings.recovered(recoveredMs ?? 60_000);
    findings.within("first 2xx after there was room", recoveredMs, 10_000);
    await check(world, flow, findings, { boundMs: 60_000 });
  },
};

const occupiers = 6;
const occupyLimitMs = 60_000;

/**
 * Takes every session the server has, those of Millrace included, and keeps them for a while. Returns since when it was full. Several try at
 * once and all the time, or Millrace, which connects again too, would get back what it lost.
 */
async function occupyEverySession({ stores }: World, forMs: number): Promise<number | undefined> {
  let fullAt: number | undefined;
  const occupants: pg.Client[] = [];
  let end = performance.now() + occupyLimitMs;
  const isOver = () => performance.now() >= end;

  async function occupy(): Promise<void> {
    while (!isOver()) {
      const occupant = new pg.Client({ connectionString: stores.databaseUrl, application_name: "faults" });
      occupant.on("error", () => undefined);
      try {
        await occupant.connect();
        occupants.push(occupant);
      } catch {
        if (fullAt === undefined) {
          fullAt = Date.now();
          end = performance.now() + forMs;
        }
        await delay(20);
      }
    }
  }

  async function evict(): Promise<void> {
    const admin = await stores.pool.connect();
    while (!isOver()) {
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'millrace%' AND backend_type = 'client backend'",
      );
      await delay(100);
    }
    admin.release();
  }

  await Promise.all([evict(), ...Array.from({ length: occupiers }, occupy)]);
  await Promise.all(occupants.map((occupant) => occupant.end()));
  return fullAt;
}
