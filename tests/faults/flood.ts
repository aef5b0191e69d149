import { setTimeout as delay } from "node:timers/promises";
import { isAccepted } from "./answers.ts";
import { FloodConnection, type FloodRequest } from "./flood-connection.ts";
import type { Ack, Attempt, SendJob } from "./producer-messages.ts";

export type FloodOptions = {
  isStopped(): boolean;
  onAttempt(attempt: Attempt): void;
  onAck(ack: Ack): void;
};

const restMs = 2;
const sweepMs = 250;
/** Servers take 1,400 connections a second each on a slow machine. */
const settleMsPerConnection = 0.75;
const never = new Int32Array(new SharedArrayBuffer(4));

type Target = {
  url: string;
  /** The request up to the number of bytes of its body. */
  head: string;
  open: Set<FloodConnection>;
  free: FloodConnection[];
  /** Beyond `connections`, in the order in which they were due. */
  waiting: Set<FloodRequest>;
};

/**
 * Sends as much as it is told, at a rate (open loop) or as fast as `connections` to each server allow, each event once and with
 * as little work as it can, because it shares the machine with what it floods: requests are ready-made text, connections stay
 * open, and between two looks at what came it rests for 2 ms. Woken by every single answer it would take twice as much of the
 * processors. At a rate, the connections are open before it begins. Resolves when all are answered.
 */
export async function flood(job: SendJob, options: FloodOptions): Promise<void> {
  const targets = job.urls.map((url) => targetOf(url, job));
  if (job.ratePerS !== undefined) await openAll(targets, job.connections);
  const startedAt = performance.now();
  const timeoutMs = job.timeoutMs ?? 15_000;
  const mostUnderWay = job.ratePerS === undefined ? job.connections : Number.POSITIVE_INFINITY;
  let next = 0;
  let underWay = 0;
  let sweptAt = startedAt;

  function sendNext(): void {
    const index = next++;
    const target = targets[index % targets.length];
    if (!target) throw new Error("There is no server to flood.");
    const event = `${job.prefix ?? job.id}-${index}`;
    const body = `{"id":"${event}","seq":${index}}`;
    const [sentAt, atMs] = [Date.now(), performance.now()];
    underWay++;
    post(target, job.connections, {
      text: `${target.head}${body.length}\r\n\r\n${body}`,
      giveUpAt: atMs + timeoutMs,
      onEnd(answer) {
        underWay--;
        const tookMs = Math.round(performance.now() - atMs);
        const { status, text, ...rest } = answer;
        const attempt = { job: job.id, event, url: target.url, status, sentAt, tookMs, ...rest };
        options.onAttempt(attempt);
        if (isAccepted(attempt)) options.onAck(ackOf(job.id, index, event, status, text));
      },
    });
  }

  function sendDue(): boolean {
    const dueCount = job.ratePerS ? ((performance.now() - startedAt) * job.ratePerS) / 1_000 : job.count;
    const isStopped = options.isStopped();
    while (!isStopped && next < job.count && next < dueCount && underWay < mostUnderWay) sendNext();
    return underWay > 0 || (!isStopped && next < job.count);
  }

  await new Promise<void>((resolve) => {
    function turn(): void {
      const now = performance.now();
      if (now - sweptAt > sweepMs) {
        sweptAt = now;
        for (const target of targets) giveUp(target, now);
      }
      if (sendDue()) {
        Atomics.wait(never, 0, 0, restMs);
        setImmediate(turn);
      } else {
        for (const { open } of targets) for (const connection of open) connection.end("the sender stopped");
        resolve();
      }
    }
    turn();
  });
}

function targetOf(url: string, { headers }: SendJob): Target {
  const { host, pathname } = new URL(url);
  const lines = Object.entries({ host, "content-type": "application/json", ...headers });
  const head = [`POST ${pathname} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)].join("\r\n");
  return { url, head: `${head}\r\ncontent-length: `, open: new Set(), free: [], waiting: new Set() };
}

async function openAll(targets: readonly Target[], count: number): Promise<void> {
  const opened = targets.flatMap((target) => Array.from({ length: count }, () => connect(target)));
  await Promise.all(opened.map((connection) => connection.opened()));
  // The system has taken them; now the server does.
  await delay(settleMsPerConnection * opened.length);
  for (const target of targets) target.free.push(...target.open);
}

function post(target: Target, mostConnections: number, request: FloodRequest): void {
  // In turn, or those that are not needed would be closed by the server just as they are.
  for (let free = target.free.shift(); free; free = target.free.shift()) {
    if (!target.open.has(free)) continue;
    free.send(request);
    return;
  }
  if (target.open.size < mostConnections) connect(target).send(request);
  else target.waiting.add(request);
}

function connect(target: Target): FloodConnection {
  const nextWaiting = () => {
    const [next] = target.waiting;
    if (next) target.waiting.delete(next);
    return next;
  };
  const made = new FloodConnection(new URL(target.url), {
    onFree(connection) {
      const next = nextWaiting();
      if (next) connection.send(next);
      else target.free.push(connection);
    },
    onClose(connection) {
      const next = target.open.delete(connection) ? nextWaiting() : undefined;
      if (next) connect(target).send(next);
    },
  });
  target.open.add(made);
  return made;
}

function giveUp({ open, waiting }: Target, now: number): void {
  for (const request of waiting) {
    if (request.giveUpAt >= now) break;
    waiting.delete(request);
    request.onEnd({ status: 0, text: "", error: "no connection in time" });
  }
  for (const connection of open) connection.giveUp(now);
}

function ackOf(job: string, seq: number, event: string, status: number, text: string): Ack {
  const { runId = "", duplicate = false }: { runId?: string; duplicate?: boolean } = JSON.parse(text);
  return { job, seq, event, key: event, runId, status, isDuplicate: duplicate, at: Date.now() };
}
