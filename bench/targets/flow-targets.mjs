import { startMillrace } from "./millrace.mjs";
import { startTarget } from "./start-target.mjs";

let made = 0;

/** Millrace with every role in one process, on a database of its own unless one is given. */
export async function openMillrace({ cluster, redis, sink, database, env }) {
  await redis?.clear();
  const own = database ? undefined : await cluster.createDatabase(`millrace_${++made}`);
  const { url: databaseUrl, pool } = database ?? own;
  const server = await startMillrace({ databaseUrl, redisUrl: redis?.url, sinkUrl: sink.url, env });
  return {
    ...{ name: "Millrace", hookUrl: server.hookUrl, ask: server.ask, output: server.output, server },
    ...{ pool, sink, cluster, redis },
    async close() {
      await server.stop();
      await own?.drop();
    },
  };
}

/** The bare prototype of the same flow, also in one process. */
export async function openPrototype({ cluster, redis, sink }) {
  await redis?.clear();
  const database = await cluster.createDatabase(`prototype_${++made}`);
  const env = { DATABASE_URL: database.url, SINK_URL: sink.url, ...(redis ? { REDIS_URL: redis.url } : {}) };
  const program = await startTarget("../prototype/main.mjs", { env });
  return {
    ...{ name: "prototype", hookUrl: program.url, ask: program.ask, output: program.output },
    ...{ pool: database.pool, sink, cluster, redis },
    async close() {
      await program.stop();
      await database.drop();
    },
  };
}
