import { allFaults } from "./all-faults.ts";
import { type Fault, sizeOf } from "./fault.ts";
import { hasPassed, openFindings, type Row } from "./findings.ts";
import { type Options, readOptions } from "./options.ts";
import { secretNowhere } from "./rows/secret.ts";
import type { Backend } from "./stores.ts";
import { presentRow, presentTable } from "./table.ts";
import { openWorld, type World } from "./world.ts";

/** Runs the fault rows on each backend and exits 1 if any promise was broken, or is not built. */
export async function main(args: readonly string[]): Promise<void> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  const options = optionsOrEnd(args);
  const chosen = allFaults.filter(({ id, isOnRequest }) => options.only?.has(id) ?? !isOnRequest);
  console.log(
    `Seed ${options.seed}, ${options.isFull ? "full numbers" : "a tenth of the numbers (--full for all)"}, time bars × ${options.slack}`,
  );
  const rows: Row[] = [];
  // One backend after the other: two at once would measure each other.
  for (const backend of options.backends) rows.push(...(await runBackend(backend, chosen, options)));
  console.log(`\n${presentTable(rows)}`);
  const failed = rows.filter((row) => !hasPassed(row));
  const notBuilt = failed.filter(({ violations }) => violations.length === 0).length;
  console.log(
    `\n${rows.length - failed.length} of ${rows.length} rows passed, ${failed.length - notBuilt} failed, ${notBuilt} not built. ${outOfReach}`,
  );
  for (const { id, backend, notHeld } of rows)
    for (const bar of notHeld) console.log(`Not held by ${id} on ${backend}: ${bar}`);
  process.exit(failed.length === 0 ? 0 : 1);
}

function optionsOrEnd(args: readonly string[]): Options {
  try {
    return readOptions(
      args,
      allFaults.map(({ id }) => id),
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(1);
  }
}

const outOfReach =
  "Not reachable from outside: the moment between an answer's last byte and the acknowledgement's arrival, and a power cut (fsync and synchronous_commit are asserted instead).";

async function runBackend(backend: Backend, faults: readonly Fault[], options: Options): Promise<Row[]> {
  const world = await openWorld(backend, options.seed);
  const rows: Row[] = [];
  try {
    for (const fault of faults) rows.push(await runFault(world, fault, options));
    rows.push(await runFault(world, secretNowhere, options));
  } finally {
    const keepsLogs = rows.some(({ violations }) => violations.length > 0);
    if (keepsLogs) console.log(`The logs of the processes on ${backend} are kept in ${world.stores.directory}`);
    await world.close({ keepsLogs });
  }
  return rows;
}

async function runFault(world: World, fault: Fault, { slack, isFull }: Options): Promise<Row> {
  const findings = openFindings({ ...fault, backend: world.backend }, slack);
  const startedAt = performance.now();
  try {
    await world.use(fault.layout, fault);
    await fault.inject(world, findings, sizeOf(isFull));
  } catch (error) {
    findings.must(false, `the row could not be finished: ${error instanceof Error ? error.stack : String(error)}`);
    await world.use("none"); // whatever state the processes are in, the next row gets fresh ones
  }
  findings.row.tookMs = performance.now() - startedAt;
  console.log(presentRow(findings.row));
  return findings.row;
}
