import type { World } from "./world.ts";

/**
 * From now on each event that is stored takes the database so much longer, without taking a processor. Resolves with what ends it, which
 * resolves with the time at which inserts were quick again.
 * For each row, because the statements name the partition of a day: those triggers of the parent are there too.
 */
export async function slowInserts({ stores: { pool } }: World, msPerRow: number): Promise<() => Promise<number>> {
  const sleepFor = (ms: number) =>
    pool.query(`CREATE OR REPLACE FUNCTION faults.sleep() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(${ms / 1_000}); RETURN NULL; END $$`);
  await sleepFor(msPerRow);
  await pool.query("CREATE TRIGGER faults_sleep AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION faults.sleep()");
  return async () => {
    await sleepFor(0);
    const endedAt = Date.now();
    await pool.query("DROP TRIGGER faults_sleep ON events");
    return endedAt;
  };
}
