import {
  assertSchemaCompatibility,
  createPostgresBackend,
  createPostgresRelayBackend,
  Relay,
  runMigrations,
  SchemaMigrationRequiredError,
  withBackend,
} from "bullmq";
import pg from "pg";
import { type JobStore, type RingData, relayTimes, ringDefaults, shortStreams, workerTimes } from "./store-port.ts";

const { Queue, Worker } = withBackend(createPostgresBackend);
const schema = "bullmq";

/** Adding, fetching and ending a job takes PostgreSQL 2 to 3 ms. */
const ringSpacingMs = 25;

/** Here a bulk add makes temporary tables each time, which takes as long as adding this many jobs one by one. */
const fewJobs = 8;

/** invalid_schema_name, undefined_table, undefined_function: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const wipedCodes = new Set(["3F000", "42P01", "42883"]);

/** Jobs in the schema `bullmq` of our own database. Every queue, worker and relay has its own small pool. */
export function postgresStore(databaseUrl: string): JobStore {
  const { connectionString, options } = splitOptions(databaseUrl);
  const connection = (name: string, max: number) => ({
    connectionString,
    // A ring may be lost, so no commit of one waits for the disk.
    options: `${options ?? ""} -c synchronous_commit=off`.trim(),
    schema,
    max,
    application_name: `millrace ${name}`,
    keepAlive: true,
    connectionTimeoutMillis: 1_000,
    query_timeout: 5_000,
    idleTimeoutMillis: 60_000,
  });
  return {
    ringSpacingMs,
    prepare: () => withClient(databaseUrl, migrateIfMissing),
    isWiped: (error) => error instanceof SchemaMigrationRequiredError || wipedCodes.has(codeOf(error)),
    findMisconfigurations: async () => [],
    newQueue({ shard, onError }) {
      const queue = new Queue<RingData>(queueName(shard), {
        connection: connection("doorbell", 2),
        defaultJobOptions: ringDefaults,
        streams: shortStreams,
      });
      queue.on("error", onError);
      return {
        waitUntilReady: () => queue.waitUntilReady(),
        close: () => queue.close(),
        async add(jobs) {
          if (jobs.length > fewJobs) await queue.addBulk([...jobs]);
          else await Promise.all(jobs.map(({ name, data, opts }) => queue.add(name, data, opts)));
        },
        count: async () => {
          const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
          return { waiting, active, delayed };
        },
      };
    },
    newWorker({ shard, concurrency, process, onFetched, onFailed, onError }) {
      const worker = new Worker<RingData>(queueName(shard), (job, token = "") => process(job, token), {
        connection: connection("ring listener", Math.min(concurrency, 3) + 1),
        autorun: false,
        concurrency,
        ...workerTimes,
      });
      worker.on("error", onError);
      worker.on("active", onFetched);
      worker.on("failed", (job) => job && onFailed(job));
      return {
        waitUntilReady: () => worker.waitUntilReady(),
        close: () => worker.close(),
        run: () => worker.run(),
        pause: () => void worker.pause(true),
        resume: () => void worker.resume(),
        isPaused: () => worker.isPaused(),
        ping: async () => void (await worker.backend.getCounts(["active"])),
      };
    },
    newRelay(onError) {
      const relay = new Relay({
        ...relayTimes,
        connection: connection("live events", 2),
        backend: createPostgresRelayBackend,
      });
      relay.on("error", onError);
      return relay;
    },
  };
}

export async function migratePostgresStore(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, (client) => runMigrations(client, schema));
}

async function migrateIfMissing(client: pg.Client): Promise<void> {
  try {
    await assertSchemaCompatibility(client, schema);
  } catch (error) {
    if (!(error instanceof SchemaMigrationRequiredError)) throw error;
    await runMigrations(client, schema);
  }
}

async function withClient(databaseUrl: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: "millrace queue set-up",
    connectionTimeoutMillis: 2_000,
  });
  // A connection that breaks while it is idle is seen by the next query, or by nobody.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** BullMQ finds its schema through `options`, which a URL's own `?options=` would replace. */
function splitOptions(databaseUrl: string): { connectionString: string; options: string | null } {
  if (!databaseUrl.includes("options=")) return { connectionString: databaseUrl, options: null };
  const url = new URL(databaseUrl);
  const options = url.searchParams.get("options");
  url.searchParams.delete("options");
  return { connectionString: url.href, options };
}

function queueName(shard: number): string {
  return `runs-${shard}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
