// A program: sends the load that its one argument describes and answers with what it saw, over IPC.
import { writeFileSync } from "node:fs";
import { Connection } from "./connection.mjs";
import { Histogram } from "./histogram.mjs";
import { requestBytes, setOrder } from "./request-bytes.mjs";

const load = JSON.parse(process.argv[2]);
const { hostname: host, port } = new URL(load.url);
const requests = requestBytes(load.url);
const latencies = new Histogram();
const lateness = new Histogram();
const statuses = new Map();
const runIds = [];
const ackedAtMs = [];
let sent = 0;
let answered = 0;
let recordFromMs = 0;
let broken = 0;
/** When the request that a connection carries was due. */
const dueAtMs = new Map();
const free = [];

const wallMs = () => performance.timeOrigin + performance.now();
/** From `firstOrder` on every request has an order of its own; without it they repeat. */
const nextRequest = () => {
  const index = sent++;
  const request = requests[index % requests.length];
  return load.firstOrder === undefined ? request : setOrder(request, load.firstOrder + index);
};

function onAnswer(connection, status, body) {
  const now = performance.now();
  const due = dueAtMs.get(connection);
  answered++;
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  if (due >= recordFromMs) latencies.record((now - due) * 1_000);
  if (load.keepsRunIds && status === 202) {
    // {"runId":"run_ and 26 characters
    runIds.push(body.slice(10, 40));
    ackedAtMs.push(performance.timeOrigin + now);
  }
  goOn(connection);
}

let goOn = () => {};

function onBroken(connection, error) {
  broken++;
  dueAtMs.delete(connection);
  process.stderr.write(`generator: ${error.message}\n`);
}

async function openConnections() {
  const connections = Array.from(
    { length: load.connections },
    () => new Connection({ host, port, onAnswer, onBroken }),
  );
  await Promise.all(connections.map((connection) => connection.opened()));
  return connections;
}

/** Every connection sends its next request as soon as it has its answer, for a time or for a number of requests. */
async function closedLoop(connections) {
  const startedAt = performance.now();
  const startedWallMs = wallMs();
  recordFromMs = startedAt + (load.warmUpMs ?? 0);
  const endAt = load.count === undefined ? recordFromMs + load.durationMs : Number.POSITIVE_INFINITY;
  const limit = load.count ?? Number.POSITIVE_INFINITY;
  let busy = 0;
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const fire = (connection) => {
    dueAtMs.set(connection, performance.now());
    connection.send(nextRequest());
  };
  goOn = (connection) => {
    if (sent < limit && performance.now() < endAt) fire(connection);
    else if (--busy === 0) finish();
  };
  for (const connection of connections) {
    if (sent >= limit) break;
    busy++;
    fire(connection);
  }
  await finished;
  const seconds = (performance.now() - recordFromMs) / 1_000;
  return { startedWallMs, seconds, perSecond: latencies.count / seconds };
}

/**
 * Requests are due at fixed times whatever the target does, and their latency counts from then: a target that stalls
 * cannot hide the requests that it kept from being sent.
 */
async function openLoop(connections) {
  free.push(...connections);
  const { ratePerSecond, durationMs } = load;
  const total = Math.round((ratePerSecond * durationMs) / 1_000);
  const startedAt = performance.now() + 5;
  const startedWallMs = wallMs() + 5;
  const waiting = [];
  let waitingHead = 0;
  let scheduled = 0;
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const fire = (connection, due) => {
    dueAtMs.set(connection, due);
    lateness.record((performance.now() - due) * 1_000);
    connection.send(nextRequest());
  };
  goOn = (connection) => {
    if (answered === total) finish();
    else if (waitingHead < waiting.length) fire(connection, waiting[waitingHead++]);
    else free.push(connection);
  };
  const tick = () => {
    const now = performance.now();
    for (; scheduled < total && startedAt + (scheduled * 1_000) / ratePerSecond <= now; scheduled++) {
      const due = startedAt + (scheduled * 1_000) / ratePerSecond;
      // In turn: a server may close a connection that has never sent anything.
      const connection = free.shift();
      if (connection) fire(connection, due);
      else waiting.push(due);
    }
    if (scheduled === total) return;
    const restMs = startedAt + (scheduled * 1_000) / ratePerSecond - performance.now();
    // A timer may be a millisecond late, which would count as latency. Where requests are rare we can afford to spin.
    if (ratePerSecond <= 200 && restMs < 1.5) setImmediate(tick);
    else setTimeout(tick, Math.max(1, Math.floor(restMs - 1)));
  };
  tick();
  await finished;
  const seconds = (performance.now() - startedAt) / 1_000;
  return { startedWallMs, seconds, perSecond: answered / seconds, sentLateP99Ms: lateness.percentile(99) / 1_000 };
}

const connections = await openConnections();
const measured = load.ratePerSecond === undefined ? await closedLoop(connections) : await openLoop(connections);
for (const connection of connections) connection.close();
if (load.runIdsFile) writeFileSync(load.runIdsFile, JSON.stringify({ runIds, ackedAtMs }));
const { user, system } = process.cpuUsage();
process.send(
  {
    ...measured,
    sent,
    answered,
    broken,
    statuses: Object.fromEntries(statuses),
    latency: latencies.summary(),
    latencies: latencies.snapshot(),
    cpuMs: (user + system) / 1_000,
  },
  () => process.exit(0),
);
process.once("disconnect", () => process.exit(1));
