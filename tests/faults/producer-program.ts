import { createHmac } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { Agent, request } from "undici";
import { flood } from "./flood.ts";
import { FsyncedLog } from "./fsynced-log.ts";
import { logPath } from "./job-logs.ts";
import type { Attempt, ProducerCommand, ProducerReport, SendJob } from "./producer-messages.ts";
import { seededRandom } from "./random.ts";

const resendAfterMs = 200;
const sentInOneTurn = 20;

/** The senders of webhooks: outside of the processes under test, so that their memory of what was acknowledged is sound. */
export async function main([ackFolder = "", attemptFolder = ""]: string[]): Promise<void> {
  const stopped = new Set<string>();
  /** What is not written yet, by job. */
  let lines = new Map<string, string[]>();

  function note(attempt: Attempt): void {
    const line = `${JSON.stringify(attempt)}\n`;
    const ofJob = lines.get(attempt.job);
    if (ofJob) ofJob.push(line);
    else lines.set(attempt.job, [line]);
  }

  let flushed: Promise<void> = Promise.resolve();
  /** One after the other: a long text is written in pieces, and two at once would end up in one another. */
  function flushAttempts(): Promise<void> {
    flushed = flushed.then(async () => {
      const batch = lines;
      lines = new Map();
      for (const [job, ofJob] of batch) await appendFile(logPath(attemptFolder, job), ofJob.join(""));
    });
    return flushed;
  }
  const flushing = setInterval(() => void flushAttempts(), 200);

  async function sendFlood(job: SendJob): Promise<void> {
    const acks = await FsyncedLog.open(logPath(ackFolder, job.id));
    setOwnPriority(constants.priority.PRIORITY_HIGH);
    let lastLogged: Promise<void> = Promise.resolve();
    await flood(job, {
      isStopped: () => stopped.has(job.id),
      onAttempt: note,
      onAck(ack) {
        lastLogged = acks.append(ack);
      },
    });
    setOwnPriority(constants.priority.PRIORITY_NORMAL);
    await Promise.all([flushAttempts(), lastLogged]);
    await acks.close();
    report({ type: "done", id: job.id });
  }

  async function send(job: SendJob): Promise<void> {
    const acks = await FsyncedLog.open(logPath(ackFolder, job.id));
    // At a rate nobody waits for a connection: the answers of those before may be late.
    const agent = new Agent({ connections: job.ratePerS ? null : job.connections, connect: { timeout: 15_000 } });
    const startedAt = performance.now();
    let next = 0;
    const total = job.count * (job.copies ?? 1);
    const order = job.shuffleSeed === undefined ? undefined : seededRandom(job.shuffleSeed).order(total);
    const underWay = new Set<Promise<void>>();
    const lanes = job.ratePerS ? 1 : job.connections;
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (next < total && !stopped.has(job.id)) {
          const index = next++;
          if (job.ratePerS === undefined) {
            await deliver(job, order?.[index] ?? index, agent, acks);
            continue;
          }
          const dueMs = (index / job.ratePerS) * 1_000 - (performance.now() - startedAt);
          if (dueMs > 0) await delay(dueMs);
          // Where it is late, answers that are here are read all the same, or it would measure itself.
          else if (index % sentInOneTurn === 0) await nextTurn();
          const one = deliver(job, order?.[index] ?? index, agent, acks).finally(() => underWay.delete(one));
          underWay.add(one);
        }
      }),
    );
    await Promise.all(underWay);
    await agent.destroy();
    await Promise.all([flushAttempts(), acks.close()]);
    report({ type: "done", id: job.id });
  }

  async function deliver(job: SendJob, index: number, agent: Agent, acks: FsyncedLog): Promise<void> {
    const seq = Math.floor(index / (job.copies ?? 1));
    const event = `${job.prefix ?? job.id}-${seq}`;
    for (let attempt = 0; ; attempt++) {
      const url = job.urls[(index + attempt) % job.urls.length] ?? "";
      const { answer, ...outcome } = await post(job, url, event, seq, agent);
      note({ job: job.id, event, url, ...outcome });
      if (outcome.status >= 200 && outcome.status < 300) {
        const { runId = "", duplicate = false }: { runId?: string; duplicate?: boolean } = JSON.parse(answer);
        const facts = { job: job.id, seq, event, key: event, runId, status: outcome.status };
        await acks.append({ ...facts, isDuplicate: duplicate, at: Date.now() });
        return;
      }
      if (!job.resends || stopped.has(job.id)) return;
      await delay(resendAfterMs);
    }
  }

  process.on("message", (command: ProducerCommand) => {
    if (command.type === "stop") stopped.add(command.id);
    else void (command.job.isFlood ? sendFlood(command.job) : send(command.job));
  });
  process.once("disconnect", () => {
    clearInterval(flushing);
    process.exit(0);
  });
  report({ type: "ready" });
}

/** Senders have machines of their own: where we may, a flood does not wait for the processors that it keeps busy. */
function setOwnPriority(priority: number): void {
  try {
    setPriority(priority);
  } catch {
    // Only some users may. Then there is less load, and every figure is a bit worse.
  }
}

type Posted = Omit<Attempt, "job" | "event" | "url"> & { answer: string };

async function post(job: SendJob, url: string, event: string, seq: number, agent: Agent): Promise<Posted> {
  const sentAt = Date.now();
  const startedAt = performance.now();
  const timeoutMs = job.timeoutMs ?? 15_000;
  const body = JSON.stringify({ id: event, seq, ...job.extra });
  const headers = {
    "content-type": "application/json",
    ...job.headers,
    ...(job.signature ? signatureOf(job.signature, body) : {}),
  };
  const finished = (outcome: Pick<Posted, "status" | "answer"> & Partial<Posted>): Posted => ({
    ...outcome,
    sentAt,
    tookMs: Math.round(performance.now() - startedAt),
  });
  try {
    const times = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
    const response = await request(url, { method: "POST", dispatcher: agent, headers, body, ...times });
    const answer = await response.body.text();
    const retryAfter = response.headers["retry-after"];
    return finished({ status: response.statusCode, answer, ...(retryAfter ? { retryAfter: String(retryAfter) } : {}) });
  } catch (error) {
    return finished({ status: 0, answer: "", error: error instanceof Error ? error.message : String(error) });
  }
}

function signatureOf(
  { provider, secret, offsetS = 0 }: NonNullable<SendJob["signature"]>,
  body: string,
): Record<string, string> {
  const hmac = (text: string) => createHmac("sha256", secret).update(text).digest("hex");
  if (provider === "github") return { "x-hub-signature-256": `sha256=${hmac(body)}` };
  const time = Math.floor(Date.now() / 1_000) + offsetS;
  return { "stripe-signature": `t=${time},v1=${hmac(`${time}.${body}`)}` };
}

const report = (message: ProducerReport): void => void process.send?.(message);
