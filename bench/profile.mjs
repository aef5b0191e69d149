import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./targets/millrace.mjs";

const shownFunctions = 25;
const shownAllocations = 15;
const shownStatements = 20;

/**
 * Watches Millrace's process while it is measured: a processor profile, or with `allocations` where its memory comes from.
 * Prints the hottest functions and keeps the whole profile for Chrome's or VS Code's viewer.
 */
export function openWatch({ folder, allocations }) {
  mkdirSync(folder, { recursive: true });
  let made = 0;
  const [begin, end, extension] = allocations
    ? ["startSampling", "stopSampling", "heapprofile"]
    : ["startProfile", "stopProfile", "cpuprofile"];
  return {
    async start(target) {
      await target.pool.query("SELECT pg_stat_statements_reset()");
      await target.ask(begin);
    },
    async stop(target, runs) {
      const file = join(folder, `${++made}.${extension}`);
      await target.ask(end, { file });
      const profile = JSON.parse(readFileSync(file, "utf8"));
      console.log(`\n${target.name}: ${file}`);
      console.log(allocations ? allocationLines(profile) : functionLines(profile));
      console.log(await statementLines(target.pool, runs));
    },
  };
}

/** Where PostgreSQL's time goes, its planning included. */
async function statementLines(pool, runs) {
  const { rows } = await pool.query(
    `SELECT calls::int, rows::int, total_plan_time + total_exec_time AS ms, total_plan_time AS plan_ms, query
     FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
     WHERE query NOT LIKE '%pg_stat_statements%' ORDER BY ms DESC`,
  );
  const all = rows.reduce((sum, { ms }) => sum + ms, 0);
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  return [
    `statements: ${(all / runs).toFixed(3)} ms and ${(calls / runs).toFixed(2)} calls per run (${runs} runs)`,
    "    share     in all  of it plans    calls   rows/call  ms/call",
    ...rows.slice(0, shownStatements).map(({ calls: count, rows: found, ms, plan_ms: planMs, query }) => {
      const cells = [
        `${((ms / all) * 100).toFixed(1)} %`.padStart(9),
        `${Math.round(ms)} ms`.padStart(10),
        `${Math.round((planMs / ms) * 100)} %`.padStart(11),
        String(count).padStart(9),
        (found / count).toFixed(1).padStart(10),
        (ms / count).toFixed(2).padStart(8),
      ];
      return `${cells.join(" ")}  ${query.replaceAll(/\s+/g, " ").slice(0, 130)}`;
    }),
  ].join("\n");
}

function functionLines({ nodes: all, samples, timeDeltas }) {
  const nodes = withoutOurs(all);
  const selfUs = new Map();
  for (const [index, id] of samples.entries()) selfUs.set(id, (selfUs.get(id) ?? 0) + timeDeltas[index]);
  const totals = sumByPlace(nodes.map(({ id, callFrame }) => ({ callFrame, amount: selfUs.get(id) ?? 0 })));
  const idle = totals.find(({ place }) => place.startsWith("(idle)"))?.amount ?? 0;
  const busy = totals.reduce((sum, { amount }) => sum + amount, 0) - idle;
  return [
    `busy ${Math.round(busy / 1_000)} ms, idle ${Math.round(idle / 1_000)} ms; self time of the busy part:`,
    ...linesOf(
      totals.filter(({ place }) => !place.startsWith("(idle)")),
      busy,
      shownFunctions,
      (us) => `${Math.round(us / 1_000)} ms`,
    ),
    "by package:",
    ...linesOf(
      sumBy(
        totals.filter(({ place }) => !place.startsWith("(idle)")),
        ({ room }) => room,
      ),
      busy,
      20,
      (us) => `${Math.round(us / 1_000)} ms`,
    ),
  ].join("\n");
}

/** Starting the profiler takes a moment, which the profile shows too. */
function withoutOurs(nodes) {
  const ours = new Set(
    nodes.filter(({ callFrame }) => callFrame.url.endsWith("/machine/instrument.mjs")).map(({ id }) => id),
  );
  for (const { id, children = [] } of nodes) {
    // A node comes before its children.
    if (ours.has(id)) for (const child of children) ours.add(child);
  }
  return nodes.filter(({ id }) => !ours.has(id));
}

function allocationLines({ head }) {
  const found = [];
  const visit = ({ callFrame, selfSize, children }) => {
    found.push({ callFrame, amount: selfSize });
    for (const child of children) visit(child);
  };
  visit(head);
  const totals = sumByPlace(found);
  const all = totals.reduce((sum, { amount }) => sum + amount, 0);
  const megabytes = (bytes) => `${(bytes / 1_048_576).toFixed(1)} MB`;
  return [
    `allocated ${megabytes(all)}:`,
    ...linesOf(totals, all, shownAllocations, megabytes),
    "by package:",
    ...linesOf(
      sumBy(totals, ({ room }) => room),
      all,
      20,
      megabytes,
    ),
  ].join("\n");
}

function sumByPlace(entries) {
  const withPlace = entries.map(({ callFrame, amount }) => {
    const { functionName, url, lineNumber } = callFrame;
    const name = functionName || "(anonymous)";
    const place = url === "" ? name : `${name}  ${shortened(url)}:${lineNumber + 1}`;
    return { place, room: roomOf(url, name), amount };
  });
  return sumBy(withPlace, ({ place }) => place);
}

function sumBy(entries, keyOf) {
  const sums = new Map();
  for (const entry of entries) {
    const key = keyOf(entry);
    const sum = sums.get(key) ?? { place: key, room: entry.room, amount: 0 };
    sum.amount += entry.amount;
    sums.set(key, sum);
  }
  return [...sums.values()].sort((left, right) => right.amount - left.amount);
}

const linesOf = (totals, all, count, present) =>
  totals
    .slice(0, count)
    .map(
      ({ place, amount }) =>
        `  ${((amount / all) * 100).toFixed(1).padStart(5)} %  ${present(amount).padStart(9)}  ${place}`,
    );

const shortened = (url) => url.replace(`file://${root}`, "").replace(/^node_modules\//, "");

function roomOf(url, name) {
  if (url === "") return name.startsWith("(") ? name : "(native)";
  if (url.startsWith("node:")) return "node";
  const path = url.replace(`file://${root}`, "");
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path);
  return library ? library[1] : path.split("/").slice(0, 2).join("/");
}
