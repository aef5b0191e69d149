// A program: the bare two-step flow, as fast as its author could make it in one file. It is the floor for runs a second:
// whatever Millrace does beyond it (verdicts, mappings, redaction, egress rules, journal, leases, history) costs the rest.
import { createServer } from "node:http";
import { newId } from "@millrace/base";
import { createPostgresBackend, Queue, runMigrations, Worker, withBackend } from "bullmq";
import pg from "pg";
import { Agent, request } from "undici";
import { batch } from "./batch.mjs";
import { openStore } from "./store.mjs";

const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SINK_URL: sinkUrl } = process.env;
const concurrency = 100;
const store = await openStore(databaseUrl);
const { queue, worker } = await openQueue(async ({ data }) => {
  while (active >= concurrency) await new Promise((resolve) => waiting.push(resolve));
  for (const row of await store.claim(data.ids)) void advance(row);
});

const intake = batch({
  maxBatch: 50,
  maxConcurrent: 2,
  async flush(runs) {
    await store.insertRuns(runs);
    // The ring is not waited for, but two at a time is all that pays.
    void queue.add("ring", { ids: runs.map(({ id }) => id) });
  },
});
// One at a time: batches that set the same keys would wait for each other.
const finish = batch({ maxBatch: 100, maxConcurrent: 1, flush: store.finish });

const agent = new Agent({ connections: 64 });
let active = 0;
const waiting = [];

async function advance({ id, body }) {
  active++;
  try {
    const order = JSON.parse(body.toString());
    const answer = await request(sinkUrl, {
      method: "POST",
      dispatcher: agent,
      headers: { "content-type": "application/json", "idempotency-key": `${id}-call` },
      body: JSON.stringify({ order: order.orderId, amount: order.amount }),
    });
    const output = JSON.stringify({ status: answer.statusCode, body: await answer.body.json() });
    await finish({ id, key: order.customer, value: output });
  } finally {
    active--;
    if (active < concurrency) waiting.shift()?.();
  }
}

async function openQueue(process) {
  const options = { attempts: 1, removeOnComplete: true, removeOnFail: true };
  if (redisUrl) {
    const connection = { url: redisUrl, maxRetriesPerRequest: null };
    return {
      queue: new Queue("prototype", { connection, defaultJobOptions: options }),
      worker: new Worker("prototype", process, { connection, concurrency: 4 }),
    };
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await runMigrations(client, "bullmq");
  await client.end();
  const Pg = withBackend(createPostgresBackend);
  const connection = { connectionString: databaseUrl, schema: "bullmq", max: 4, options: "-c synchronous_commit=off" };
  return {
    queue: new Pg.Queue("prototype", { connection, defaultJobOptions: options }),
    worker: new Pg.Worker("prototype", process, { connection, concurrency: 4 }),
  };
}

worker.on("error", (error) => console.error(error));

const server = createServer((incoming, response) => {
  const chunks = [];
  incoming.on("data", (chunk) => chunks.push(chunk));
  incoming.on("end", async () => {
    const id = newId("run");
    await intake({ id, body: Buffer.concat(chunks) });
    const answer = JSON.stringify({ runId: id, status: "queued" });
    response.writeHead(202, { "content-type": "application/json", "content-length": Buffer.byteLength(answer) });
    response.end(answer);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send({ url: `http://127.0.0.1:${server.address().port}/hooks/prototype` }));
