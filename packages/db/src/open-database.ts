import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { reachable } from "./database-unreachable.ts";
import { PrismaClient } from "./generated/client.ts";

export type DatabaseOptions = {
  /** How PostgreSQL's own views name our sessions. */
  applicationName: string;
  maxConnections: number;
  /** Sessions that were cut while idle. They are replaced by themselves; this is for the log. */
  onError?: (error: Error) => void;
};

export type Database = {
  pool: pg.Pool;
  prisma: PrismaClient;
  /** Throws DatabaseUnreachable. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

/** A statement of ours takes milliseconds; one that hangs must not hold its session, nor its caller, for ever. */
const statementLimitMs = 30_000;
const lockLimitMs = 10_000;
/** For a server that says nothing at all, not even that the time is over. */
const answerLimitMs = statementLimitMs + 5_000;
/** Longer, and a request that waits for a session had better been refused. */
const connectLimitMs = 5_000;

/** Opens the pool that everything of this process shares. Throws DatabaseUnreachable. */
export async function openDatabase(url: string, options: DatabaseOptions): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: connectLimitMs,
    statement_timeout: statementLimitMs,
    query_timeout: answerLimitMs,
    lock_timeout: lockLimitMs,
    idle_in_transaction_session_timeout: statementLimitMs,
    keepAlive: true,
  });
  pool.on("error", (error) => options.onError?.(error));
  // A session that is cut while it is checked out rejects its query; without a listener it would end the process too.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const database: Database = {
    pool,
    prisma,
    ping: () =>
      reachable(url, async () => {
        await pool.query("SELECT 1");
      }),
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
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
