import pg from "pg";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import { delay } from "../until.ts";
import type { World } from "../world.ts";

const bootBarMs = 30_000;

export const boots: Fault = {
  id: "F25",
  title: "five processes migrate at once; one starts before its database",
  layout: "none",
  async inject(world, findings) {
    await migrateTogether(world, findings);
    await startBeforeDatabase(world, findings);
  },
};

async function migrateTogether(world: World, findings: Findings): Promise<void> {
  const url = await emptyDatabase(world, "boot_together");
  const started = Array.from({ length: 5 }, (_, index) =>
    world.newProcess(`boot-${index}`, index < 3 ? "worker" : "ingress,api", url),
  );
  const processes = await Promise.all(started);
  const at = performance.now();
  const outcomes = await Promise.allSettled(processes.map((process) => process.start()));
  const failed = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason)] : []));
  findings.must(failed.length === 0, `${failed.length} of 5 did not start: ${failed[0]?.slice(0, 600)}`);
  findings.within("all five ready after", performance.now() - at, bootBarMs);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ applied: number; workspaces: number }>(
    `SELECT (SELECT count(*) - count(DISTINCT migration_name) FROM _prisma_migrations)::int AS applied,
       (SELECT count(*) FROM workspaces)::int AS workspaces`,
  );
  await client.end();
  findings.must(rows[0]?.applied === 0, `${rows[0]?.applied} migrations were applied twice`);
  findings.must(rows[0]?.workspaces === 1, `${rows[0]?.workspaces} first workspaces were made; expected one`);
  await Promise.all(processes.map((process) => process.kill()));
  world.deaths.splice(0);
}

async function startBeforeDatabase(world: World, findings: Findings): Promise<void> {
  const url = await emptyDatabase(world, "boot_early");
  const process = await world.newProcess("boot-early", "ingress,api,worker", url);
  await process.postgres.goDown();
  const starting = process.start().then(
    () => undefined,
    (error: unknown) => String(error),
  );
  await delay(5_000);
  await process.postgres.comeBack();
  const at = performance.now();
  const failure = await starting;
  if (failure === undefined) findings.recovered(performance.now() - at);
  findings.must(failure === undefined, `a process that starts before its database gives up: ${failure?.slice(0, 400)}`);
  findings.within(
    "ready after the database came",
    failure === undefined ? performance.now() - at : undefined,
    bootBarMs,
  );
  await process.kill();
  world.deaths.splice(0);
}

async function emptyDatabase(world: World, name: string): Promise<string> {
  await world.stores.pool.query(`CREATE DATABASE ${name}`);
  const url = new URL(world.stores.databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}
