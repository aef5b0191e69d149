// Makes a long history fast, for measuring and for trying things: every row is a copy of a run that really happened, with
// ids and times of its own, spread evenly over the last days and over several automations. As a program:
//   node bench/seed-history.mjs postgresql://… [runs] [days]
import { pathToFileURL } from "node:url";
import { idTime, isId, newId } from "@millrace/base";
import { ensurePartitions } from "@millrace/db";
import pg from "pg";

export const dayMs = 86_400_000;
const sessions = 2;
/** One run in fifty failed at its first step. */
const failedEvery = 50;
/** For one run in a hundred a request was refused besides. */
const refusedEvery = 100;
/** Busy automations, which share the runs. One more, the quiet one, has a run in a thousand, and none that failed. */
const busyAutomations = 7;
const quietEvery = 1_000;

/**
 * A TypeID is a prefix and 26 characters of Crockford's base32: ten for the 48 bits of its time, then version, variant
 * and 74 random bits. Hexadecimal digits are base32 digits too, so a hash gives the random ones.
 */
const timeCharacters = Array.from({ length: 10 }, (_, index) => {
  const shift = 45 - 5 * index;
  return `substr('0123456789abcdefghjkmnpqrstvwxyz', ((ms >> ${shift}) & 31)::int + 1, 1)`;
}).join(" || ");

const seedRows = `CREATE TEMP TABLE seed ON COMMIT DROP AS
  SELECT to_timestamp(ms / 1000.0) AS at, number % ${failedEvery} = 0 AND number % ${quietEvery} <> 0 AS failed,
    number % ${refusedEvery} = 0 AS has_refusal, ($4::text[])[place] AS automation_id, ($5::text[])[place] AS version_id,
    ${timeCharacters} || 'e' || substr(hash, 1, 2) || '8' || substr(hash, 4, 12) AS suffix
  FROM (SELECT number, CASE WHEN number % ${quietEvery} = 0 THEN ${busyAutomations + 1} ELSE number % ${busyAutomations} + 1 END AS place,
          $1::bigint + (number::numeric * $2 / $3)::bigint AS ms, md5($1::text || number) AS hash
        FROM generate_series(0, $3::int - 1) AS number) AS numbered`;

const failure = `'{"code":"provider_unavailable","message":"The service answered 503.","facts":{"status":503}}'`;

/** In the order of the ids, so that every index grows at its end. */
const copies = [
  {
    parameters: ({ event_id }) => [event_id],
    statement: `INSERT INTO events (id, workspace_id, method, query, headers_json, content_type, body, received_at)
   SELECT 'evt_' || s.suffix, t.workspace_id, t.method, t.query, t.headers_json, t.content_type, t.body, s.at
   FROM seed s CROSS JOIN (SELECT * FROM events WHERE id = $1) t`,
  },
  {
    parameters: ({ id, delivery_id }) => [id, delivery_id],
    statement: `INSERT INTO deliveries (id, workspace_id, endpoint_id, automation_id, event_id, run_id, verdict, reason, dedupe_key, method,
     content_type, size_bytes, source_ip, answer_status, answer_body, received_at)
   SELECT 'dlv_' || s.suffix, t.workspace_id, t.endpoint_id, s.automation_id, 'evt_' || s.suffix, 'run_' || s.suffix, t.verdict, t.reason,
     t.dedupe_key, t.method, t.content_type, t.size_bytes, t.source_ip, t.answer_status, replace(t.answer_body, $1, 'run_' || s.suffix), s.at
   FROM seed s CROSS JOIN (SELECT * FROM deliveries WHERE id = $2) t`,
  },
  {
    parameters: ({ delivery_id }) => [delivery_id],
    // The bit after the version is random in a real id, and 0 in the others of this seed.
    statement: `INSERT INTO deliveries (id, workspace_id, endpoint_id, automation_id, verdict, reason, method, content_type, size_bytes,
     source_ip, answer_status, answer_body, received_at)
   SELECT 'dlv_' || overlay(s.suffix PLACING 'f' FROM 11), t.workspace_id, t.endpoint_id, s.automation_id, 'rejected',
     'The signature does not match.', t.method, t.content_type, t.size_bytes, t.source_ip, 401, '{"error":"unauthorized"}', s.at
   FROM seed s CROSS JOIN (SELECT * FROM deliveries WHERE id = $1) t WHERE s.has_refusal`,
  },
  {
    parameters: ({ id }) => [id],
    statement: `INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, delivery_id, trigger_type, status, fence, origin_run_id,
     failure_json, failure_code, failed_path, queued_at, started_at, finished_at)
   SELECT 'run_' || s.suffix, t.workspace_id, s.automation_id, s.version_id, 'evt_' || s.suffix, 'dlv_' || s.suffix, t.trigger_type,
     CASE WHEN s.failed THEN 'failed' ELSE 'succeeded' END, 1, 'run_' || s.suffix,
     CASE WHEN s.failed THEN ${failure} END, CASE WHEN s.failed THEN 'provider_unavailable' END, CASE WHEN s.failed THEN 'call' END,
     s.at, s.at + interval '5 ms', s.at + interval '40 ms'
   FROM seed s CROSS JOIN (SELECT * FROM runs WHERE id = $1) t`,
  },
  {
    parameters: ({ id }) => [id],
    statement: `INSERT INTO step_records (run_id, path, workspace_id, position, step_id, kind, action, status, input_json, output_json, failure_json,
     warnings_json, attempts_json, idempotency_key, started_at, finished_at)
   SELECT 'run_' || s.suffix, t.path, t.workspace_id, t.position, t.step_id, t.kind, t.action,
     CASE WHEN s.failed THEN 'failed' ELSE t.status END, t.input_json, CASE WHEN NOT s.failed THEN t.output_json END,
     CASE WHEN s.failed THEN ${failure} END, t.warnings_json, t.attempts_json, t.idempotency_key,
     s.at + interval '5 ms', s.at + interval '40 ms'
   FROM seed s CROSS JOIN (SELECT * FROM step_records WHERE run_id = $1) t
   WHERE NOT s.failed OR t.path = 'call'`,
  },
];

/**
 * Adds `runs` finished runs, over `days` days of which today, up to `now`, is the last. The database must hold one that
 * succeeded. Resolves with a busy automation's id and the quiet one's besides.
 */
export async function seedHistory(pool, { runs, days, now }) {
  const startedAt = performance.now();
  const template = await findTemplate(pool);
  const automations = await copyAutomation(pool, template);
  const today = Math.floor(now.getTime() / dayMs) * dayMs;
  const starts = Array.from({ length: days }, (_, index) => today - (days - 1 - index) * dayMs);
  for (const start of starts) await ensurePartitions(pool, new Date(start), 0);
  const count = Math.ceil(runs / days);
  const left = [...starts];
  await Promise.all(
    Array.from({ length: sessions }, async () => {
      for (let start = left.shift(); start !== undefined; start = left.shift()) {
        const lengthMs = Math.min(dayMs, now.getTime() - start);
        await seedDay(pool, { start, lengthMs, count, template, automations });
      }
    }),
  );
  // As a history that grew over two weeks long is: else autovacuum comes while something is measured.
  await pool.query("VACUUM (ANALYZE) events, deliveries, runs, step_records");
  await checkIds(pool, starts[0]);
  return {
    runs: count * days,
    seconds: (performance.now() - startedAt) / 1_000,
    busyId: automations.ids[0],
    quietId: automations.ids[busyAutomations],
  };
}

async function findTemplate(pool) {
  const { rows } = await pool.query(
    `SELECT id, event_id, delivery_id, automation_id, version_id FROM runs WHERE status = 'succeeded' AND delivery_id IS NOT NULL
     ORDER BY id DESC LIMIT 1`,
  );
  if (rows.length === 0) throw new Error("There is no run that succeeded to copy. Send one webhook first.");
  return rows[0];
}

/** The run's own automation is the first of the busy ones; the others are its copies. */
async function copyAutomation(pool, { automation_id, version_id }) {
  const ids = [automation_id];
  const versionIds = [version_id];
  for (let number = 1; number <= busyAutomations; number++) {
    const [id, versionId] = [newId("automation"), newId("version")];
    await pool.query(
      `INSERT INTO automations (id, workspace_id, name, draft_json, published_version_id, updated_at)
       SELECT $1, workspace_id, name || ' ' || $2, draft_json, $3, now() FROM automations WHERE id = $4`,
      [id, String(number + 1), versionId, automation_id],
    );
    await pool.query(
      `INSERT INTO versions (id, workspace_id, automation_id, number, definition_json)
       SELECT $1, workspace_id, $2, 1, definition_json FROM versions WHERE id = $3`,
      [versionId, id, version_id],
    );
    ids.push(id);
    versionIds.push(versionId);
  }
  return { ids, versionIds };
}

async function seedDay(pool, { start, lengthMs, count, template, automations }) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    // A million rows need no commit on disk each; a crash here costs the seeding only.
    await client.query("SET LOCAL synchronous_commit = off");
    await client.query(seedRows, [start, lengthMs, count, automations.ids, automations.versionIds]);
    for (const { statement, parameters } of copies) await client.query(statement, parameters(template));
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

/** The ids must be ids, and tell the time that they were made for. */
async function checkIds(pool, firstStart) {
  const { rows } = await pool.query("SELECT id, queued_at FROM runs ORDER BY id LIMIT 100");
  for (const { id, queued_at: queuedAt } of rows) {
    if (!isId("run", id) || idTime(id).getTime() !== queuedAt.getTime())
      throw new Error(`${id} is no id of ${queuedAt.toISOString()}.`);
  }
  if (rows[0].queued_at.getTime() < firstStart) throw new Error("There was history before.");
}

const tables = ["events", "deliveries", "runs", "step_records"];

/** What the tables and indexes of the history take for each run. */
export async function bytesOfHistory(pool) {
  const { rows } = await pool.query(
    `SELECT t.name, (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(t.name::regclass))::float8 AS bytes
     FROM unnest($1::text[]) AS t(name)`,
    [tables],
  );
  const counted = await pool.query(
    "SELECT (SELECT count(*) FROM runs)::int AS runs, (SELECT avg(octet_length(body) + octet_length(headers_json))::float8 FROM events) AS request_bytes",
  );
  const { runs, request_bytes: requestBytes } = counted.rows[0];
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    bytesPerRun: total / runs,
    requestBytes,
    tables: Object.fromEntries(rows.map(({ name, bytes }) => [name, Math.round(bytes / runs)])),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [url, runs = "1000000", days = "14"] = process.argv.slice(2);
  if (!url) {
    console.error("Which database? node bench/seed-history.mjs postgresql://… [runs] [days]");
    process.exit(1);
  }
  const pool = new pg.Pool({ connectionString: url, max: sessions });
  const seeded = await seedHistory(pool, { runs: Number(runs), days: Number(days), now: new Date() });
  console.log(`${seeded.runs.toLocaleString("en-US")} runs in ${seeded.seconds.toFixed(1)} s`);
  await pool.end();
}
