import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { reachable } from "./database-unreachable.ts";
import { PrismaClient } from "./generated/client.ts";
import { createHotPath, type HotPath } from "./runs/hot-path.ts";

export type DatabaseOptions = {
  /** How PostgreSQL's own views name our sessions. */
  applicationName: string;
  /** Of `pool`; the hot path has three quarters as many besides. */
  maxConnections: number;
  /** Sessions that were cut while idle. They are replaced by themselves; this is for the log. */
  onError?: (error: Error) => void;
};

export type Database = {
  pool: pg.Pool;
  /** Sessions for what every request and every step does. */
  hotPath: HotPath;
  prisma: PrismaClient;
  /** All the sessions there are, by what they are for: everything that is not hot, and both parts of the hot path. */
  pools: { general: pg.Pool; anyDay: pg.Pool; ofDay: pg.Pool };
  /** Throws DatabaseUnreachable. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** A statement of ours takes milliseconds; one that hangs must not hold its session, nor its caller, for ever. */
const statementLimitMs = 30_000;
const lockLimitMs = 10_000;
/**
 * A batch holds what many wait for. A process that stands still inside one is cut off well before leases end, and whoever
 * waits for it, first with its batch and then alone, waits for longer than that.
 */
const hotIdleLimitMs = 5_000;
const hotLockLimitMs = 3_000;
/** For a server that says nothing at all, not even that the time is over. */
const answerLimitMs = statementLimitMs + 5_000;
/** Longer, and a request that waits for a session had better been refused. */
const connectLimitMs = 5_000;

/** Rows are looked up by their ids, whatever the planner believes of a day's partition that was empty a moment ago. */
const lookUps = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"].map((setting) => `${setting}=off`);

/** Each day has statements of its own, which a session would collect for ever. */
const sessionLifeSeconds = 6 * 60 * 60;
/** A new one has to be opened, and to plan everything once: not in the middle of the next burst. */
const idleSessionMs = 10 * 60 * 1000;

/**
 * Plans are kept only where they have no partitions to choose from: PostgreSQL 18.4 crashes in kept plans that choose
 * when they start and then meet a row that another session changes (docs/decisions/0005).
 */
const hotConfig = (planCacheMode: "force_custom_plan" | "force_generic_plan"): pg.PoolConfig => ({
  options: [`plan_cache_mode=${planCacheMode}`, ...lookUps].map((setting) => `-c ${setting}`).join(" "),
  maxLifetimeSeconds: sessionLifeSeconds,
  idleTimeoutMillis: idleSessionMs,
  // Statements go out without waiting for the answers of those before them on the same session.
  pipeline: true,
  idle_in_transaction_session_timeout: hotIdleLimitMs,
  lock_timeout: hotLockLimitMs,
});

/** Opens the pools that everything of this process shares. Throws DatabaseUnreachable. */
export async function openDatabase(url: string, options: DatabaseOptions): Promise<Database> {
  const pool = openPool(url, options);
  const ofDay = openPool(url, partOf(options, 1 / 2), hotConfig("force_generic_plan"));
  const anyDay = openPool(url, partOf(options, 1 / 4), hotConfig("force_custom_plan"));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const database: Database = {
    pool,
    hotPath: createHotPath({ ofDay, anyDay }),
    prisma,
    pools: { general: pool, anyDay, ofDay },
    ping: () =>
      reachable(url, async () => {
        await pool.query("SELECT 1");
      }),
    close: async () => {
      await prisma.$disconnect();
      await Promise.all([pool.end(), ofDay.end(), anyDay.end()]);
    },
  };
  try {
    await database.ping();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

const partOf = (options: DatabaseOptions, part: number): DatabaseOptions => ({
  ...options,
  maxConnections: Math.ceil(options.maxConnections * part),
});

function openPool(
  url: string,
  options: DatabaseOptions,
  { options: settings = "", ...given }: pg.PoolConfig = {},
): pg.Pool {
  const pool = new pg.Pool({
    ...withSettings(url, settings),
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: connectLimitMs,
    statement_timeout: statementLimitMs,
    query_timeout: answerLimitMs,
    lock_timeout: lockLimitMs,
    idle_in_transaction_session_timeout: statementLimitMs,
    keepAlive: true,
    ...given,
  });
  pool.on("error", (error) => options.onError?.(error));
  // A session that is cut while it is checked out rejects its query; without a listener it would end the process too.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** A URL's own `?options=` would replace ours. */
function withSettings(url: string, settings: string): { connectionString: string; options: string } {
  const own = URL.canParse(url) ? new URL(url).searchParams.get("options") : null;
  const options = `${own ?? ""} ${settings}`.trim();
  if (own === null) return { connectionString: url, options };
  const bare = new URL(url);
  bare.searchParams.delete("options");
  return { connectionString: bare.href, options };
}
