import pg from "pg";

const schema = `
  CREATE TABLE events (id text COLLATE "C" PRIMARY KEY, body bytea NOT NULL);
  CREATE TABLE runs (id text COLLATE "C" PRIMARY KEY, status text NOT NULL, fence int NOT NULL DEFAULT 0, lease_until timestamptz,
    queued_at timestamptz NOT NULL, finished_at timestamptz) WITH (fillfactor = 70);
  CREATE TABLE step_records (run_id text COLLATE "C", path text, output_json text, PRIMARY KEY (run_id, path));
  CREATE TABLE key_values (key text COLLATE "C" PRIMARY KEY, value_json text NOT NULL, version bigint NOT NULL DEFAULT 1) WITH (fillfactor = 80);`;

/** The statements of the flow and nothing else: no tenants, limits, history or checks. */
export async function openStore(databaseUrl) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
  await pool.query(schema);
  return {
    async insertRuns(runs) {
      await pool.query(
        `WITH e AS (INSERT INTO events SELECT * FROM unnest($1::text[], $2::bytea[]))
         INSERT INTO runs (id, status, queued_at) SELECT id, 'queued', now() FROM unnest($1::text[]) AS t(id)`,
        [runs.map(({ id }) => id), runs.map(({ body }) => body)],
      );
    },
    async claim(ids) {
      const { rows } = await pool.query(
        `UPDATE runs r SET status = 'running', fence = fence + 1, lease_until = now() + interval '15 s'
         FROM events e WHERE r.id = ANY($1::text[]) AND r.status = 'queued' AND e.id = r.id RETURNING r.id, e.body`,
        [ids],
      );
      return rows;
    },
    async finish(records) {
      // One statement can set a key once; the versions count how often it was set.
      const values = new Map();
      for (const { key, value } of records) values.set(key, { value, times: (values.get(key)?.times ?? 0) + 1 });
      const keys = [...values.keys()].sort();
      const parameters = [
        records.map(({ id }) => id),
        records.map(({ value }) => value),
        keys,
        keys.map((key) => values.get(key).value),
        keys.map((key) => values.get(key).times),
      ];
      await pool.query(
        `WITH s AS (INSERT INTO step_records SELECT id, step, o FROM unnest($1::text[], $2::text[]) AS t(id, o), unnest(ARRAY['call', 'save']) AS step),
           k AS (INSERT INTO key_values AS kv (key, value_json, version) SELECT * FROM unnest($3::text[], $4::text[], $5::bigint[])
             ON CONFLICT (key) DO UPDATE SET value_json = excluded.value_json, version = kv.version + excluded.version)
         UPDATE runs SET status = 'succeeded', lease_until = NULL, finished_at = now() WHERE id = ANY($1::text[])`,
        parameters,
      );
    },
  };
}
