import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@millrace/db";
import { startTestRedis, type TestRedis } from "@millrace/testing";
import pg from "pg";
import { askRedis } from "./ask-redis.ts";
import { endOnExit } from "./end-on-exit.ts";
import { must } from "./until.ts";

export type Backend = "postgres" | "redis";

/** PostgreSQL with its durability on, and Redis where the queue is there; both outside of every proxy. */
export type Stores = {
  directory: string;
  databaseUrl: string;
  pool: pg.Pool;
  redis: TestRedis | undefined;
  postmasterPid(): number;
  /** As a crash of the whole server: every session is cut, the log is replayed. Resolves once it answers again. */
  crashPostgres(how: "immediate" | "backend killed"): Promise<void>;
  wipeQueue(): Promise<void>;
  /** In whatever state: what each says, the ids of its runs among it. */
  readJobs(): Promise<string[]>;
  /** Notes changes that must never happen, apart from the product's own guard: that one's absence would be seen. */
  audit(): Promise<void>;
  /** `keepsLogs`: all but PostgreSQL's files stays in the directory. */
  close(keepsLogs: boolean): Promise<void>;
};

export async function openStores(backend: Backend): Promise<Stores> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-faults-"));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  await chmod(directory, 0o711);
  const server = await startEmbeddedPostgres({
    home: directory,
    log: () => undefined,
    // Four processes with their pools, and room for the harness.
    settings: { max_connections: "300" },
  });
  const forget = endOnExit(server.pid, "SIGQUIT");
  const redis = backend === "redis" ? await startTestRedis() : undefined;
  const pool = openPool(server.url);
  await assertDurable(pool);
  const answers = async () => (await pool.query("SELECT 1").catch(() => undefined)) !== undefined;
  return {
    directory,
    databaseUrl: server.url,
    pool,
    redis,
    postmasterPid: () => server.pid,
    async crashPostgres(how) {
      const witness = await openWitness(server.url);
      const victim = how === "immediate" ? server.pid : await someBackend(pool, server);
      const before = server.pid;
      process.kill(victim, how === "immediate" ? "SIGQUIT" : "SIGKILL");
      await witness.cut;
      // Restarted by its supervisor, or by itself.
      if (how === "immediate") await must("PostgreSQL was started again", () => server.pid !== before, 120_000);
      await must("PostgreSQL answers again", answers, 120_000);
      endOnExit(server.pid, "SIGQUIT");
    },
    audit: () => auditTerminalChanges(pool),
    async wipeQueue() {
      if (redis) await askRedis(redis.url, "FLUSHALL");
      else await dropQueueSchema(pool);
    },
    readJobs: () => (redis ? readJobsInRedis(redis.url) : readJobsInPostgres(pool)),
    async close(keepsLogs) {
      await pool.end();
      await redis?.stop();
      forget();
      await server.stop();
      await rm(keepsLogs ? join(directory, "postgres") : directory, { recursive: true, force: true });
    },
  };
}

function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 5, application_name: "faults", connectionTimeoutMillis: 5_000 });
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

async function readJobsInPostgres(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ job: string }>("SELECT state || ' ' || data::text AS job FROM bullmq.job");
  return rows.map(({ job }) => job);
}

/** A job is a hash that knows when it was made. */
const readJobsScript = `local jobs = {}
for _, key in ipairs(redis.call('KEYS', 'millrace:runs-*')) do
  if redis.call('TYPE', key).ok == 'hash' and redis.call('HEXISTS', key, 'timestamp') == 1 then
    table.insert(jobs, redis.call('HGET', key, 'data'))
  end
end
return table.concat(jobs, string.char(9))`;

/** As many as one answer brings at once: where it matters, there are none or a few. */
async function readJobsInRedis(url: string): Promise<string[]> {
  const answer = await askRedis(url, `EVAL "${readJobsScript.replaceAll("\n", " ")}" 0`);
  const jobs = /^\$\d+\r\n(.*)/s.exec(answer)?.[1]?.trim();
  if (jobs === undefined) throw new Error(`Redis was asked for the jobs it holds, and answered ${answer}`);
  return jobs === "" ? [] : jobs.split("\t");
}

const deadlockDetected = "40P01";

/** Those who use the queue at that moment may have locked the same tables in another order; then one of the two is cut off. */
async function dropQueueSchema(pool: pg.Pool): Promise<void> {
  const isDropped = () =>
    pool.query("DROP SCHEMA IF EXISTS bullmq CASCADE").then(
      () => true,
      (error: unknown) => {
        if (error instanceof pg.DatabaseError && error.code === deadlockDetected) return false;
        throw error;
      },
    );
  await must("the queue's schema is dropped", isDropped, 30_000);
}

/** A session of which one sees that it was cut. */
async function openWitness(connectionString: string): Promise<{ cut: Promise<void> }> {
  const client = new pg.Client({ connectionString, application_name: "faults" });
  client.on("error", () => undefined);
  const cut = new Promise<void>((resolve) => client.once("end", () => resolve()));
  await client.connect();
  return { cut };
}

async function someBackend(pool: pg.Pool, server: EmbeddedPostgres): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name LIKE 'millrace%' LIMIT 1",
  );
  return rows[0]?.pid ?? server.pid;
}

/** SIGKILL does not show what a power cut shows, so what makes a commit durable is read instead. */
async function assertDurable(pool: pg.Pool): Promise<void> {
  for (const name of ["fsync", "synchronous_commit", "full_page_writes"]) {
    const { rows } = await pool.query<{ value: string }>("SELECT current_setting($1) AS value", [name]);
    if (rows[0]?.value !== "on") throw new Error(`PostgreSQL runs with ${name} = ${rows[0]?.value}; expected on.`);
  }
}

async function auditTerminalChanges(pool: pg.Pool): Promise<void> {
  await pool.query(`
    CREATE SCHEMA faults;
    CREATE TABLE faults.changed (run_id text, old_status text, new_status text, at timestamptz DEFAULT clock_timestamp());
    CREATE FUNCTION faults.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO faults.changed (run_id, old_status, new_status) VALUES (OLD.id, OLD.status, NEW.status); RETURN NULL; END $$;
    CREATE TRIGGER faults_note_change AFTER UPDATE ON runs FOR EACH ROW
      WHEN (OLD.status IN ('succeeded', 'failed', 'canceled') AND NEW.status <> OLD.status) EXECUTE FUNCTION faults.note_change();
    CREATE TRIGGER faults_note_deletion AFTER DELETE ON runs FOR EACH ROW EXECUTE FUNCTION faults.note_change();`);
}
