import type pg from "pg";

export type PipelinedWork<State> = {
  /** Its first statements go out together with BEGIN. */
  read(client: pg.PoolClient): Promise<State>;
  /**
   * What is to be written. Only told, not sent: COMMIT goes out right behind it, and must not where one of these
   * statements could not even be made.
   */
  write(state: State): pg.QueryConfig[];
};

/**
 * A transaction in two round trips: BEGIN and what is read, what is written and COMMIT. Needs no more of the session than
 * that it keeps the order of its statements; where it does not send them ahead, there are more round trips.
 * Commits if everything succeeds, and rolls back if anything is refused.
 */
export async function pipelinedTransaction<State>(pool: pg.Pool, work: PipelinedWork<State>): Promise<State> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const [, state] = await all(inOnePiece(client, () => [client.query("BEGIN"), work.read(client)]));
    const writes = work.write(state);
    // The server makes a COMMIT after a refused statement a rollback.
    await all(
      inOnePiece(client, () => [...writes.map((statement) => client.query(statement)), client.query("COMMIT")]),
    );
    return state;
  } catch (error) {
    broken = await rollBack(client);
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * Statements that are one transaction, in one round trip: the server has COMMIT with them. Resolves to the answer of each.
 * Only for what may be committed where a later statement could not be made.
 */
export async function inOneTransaction(
  pool: pg.Pool,
  statements: readonly pg.QueryConfig[],
): Promise<pg.QueryResult[]> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const whole = [{ text: "BEGIN" }, ...statements, { text: "COMMIT" }];
    const answers = await all(inOnePiece(client, () => whole.map((statement) => client.query(statement))));
    return answers.slice(1, -1);
  } catch (error) {
    broken = await rollBack(client);
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A session that can't even roll back is not handed to the next one: resolves to what went wrong with it. */
const rollBack = (client: pg.PoolClient): Promise<Error | undefined> =>
  client.query("ROLLBACK").then(
    () => undefined,
    (error: Error) => error,
  );

/** What is sent by the time that `send` returns goes to the socket at once: one system call, and one waking of the server. */
function inOnePiece<Sent>({ connection: { stream } }: pg.PoolClient, send: () => Sent): Sent {
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/** Waits for all of them, then throws what the first of them threw: those after it fail only because it did. */
async function all<const Work extends readonly Promise<unknown>[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
