import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import { watchMemory } from "../memory.ts";
import { head, rawRequest } from "../raw-request.ts";
import { delay } from "../until.ts";
import { restart, type World } from "../world.ts";
import { judgeAfter, judgeShapes } from "./odd-requests.ts";

const mebibyte = 1_048_576;
/** The most that an automation may ask for. */
const limitBytes = 25 * mebibyte;
const flowOptions = { counts: false, trigger: { maxBodyBytes: limitBytes } };
/** A body of the backlog; a worker that took all of it at once would need some gigabytes. */
const bodyBytes = 20 * mebibyte;
const backlog = 24;
const mostMb = 640;
const answerLimitMs = 20_000;
const endedMs = 180_000;

type Body = { name: string; body: Buffer; type?: string; takes: readonly number[] };

const parts = ({ body, type = "application/json" }: Pick<Body, "body" | "type">) => {
  return (path: string) => [head(path, [`Content-Type: ${type}`, `Content-Length: ${body.length}`]), body];
};

/** Of exactly so many bytes. */
function text(id: string, bytes: number): Buffer {
  const prefix = `{"id":"${id}","text":"`;
  return Buffer.from(`${prefix}${"x".repeat(bytes - prefix.length - 2)}"}`);
}

function* oddBodies(): Generator<Body> {
  const keys = Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":1`).join(",");
  const read = [202, 400, 413];
  yield { name: "1,000,000 keys", body: Buffer.from(`{"id":"wide",${keys}}`), takes: read };
  const list = Buffer.from(`{"id":"list","a":[${"1,".repeat(10_000_000)}1]}`);
  yield { name: "10,000,001 entries", body: list, takes: read };
  const deep = Buffer.from(`{"id":"deep","a":${"[".repeat(10_000_000)}${"]".repeat(10_000_000)}}`);
  yield { name: "10,000,000 deep", body: deep, takes: read };
  const escapes = Buffer.from(`{"id":"escapes","a":"${"\\u0000".repeat(4_000_000)}"}`);
  yield { name: "4,000,000 escapes", body: escapes, takes: read };
  yield { name: "bytes", body: Buffer.alloc(limitBytes, 0xff), type: "application/octet-stream", takes: read };
  yield { name: "the limit", body: text("limit", limitBytes), takes: [202] };
  yield { name: "limit + 1", body: text("beyond", limitBytes + 1), takes: [413] };
}

/** What waits for workers is many times what one of them may hold; none of them may die of it, nor anything be left. */
async function drainBacklog(world: World, findings: Findings): Promise<void> {
  const flow = await world.newFlow("h3-backlog", flowOptions);
  const [ingress] = world.ingresses;
  for (const worker of world.workers) await worker.kill();
  for (let index = 0; index < backlog; index++) {
    const send = parts({ body: text(`large-${index}`, bodyBytes) });
    const { status } = await rawRequest(ingress.url, send(flow.hookPath), { limitMs: answerLimitMs });
    findings.must(status === 202, `body ${index} of the backlog: answered ${status}; expected 202`);
    await delay(50);
  }
  const memory = watchMemory(world);
  const startedAt = performance.now();
  for (const worker of world.workers) await worker.start();
  await judgeAfter(world, flow, findings, endedMs);
  findings.note(`${backlog} bodies of 20 MiB took ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  memory.judge(findings, mostMb);
}

export const largeBodies: Fault = {
  id: "H3-LARGE",
  title: "bodies of 25 MiB, and a backlog of them",
  layout: "split",
  async inject(world, findings) {
    const shapes = [...oddBodies()].map((body) => ({ ...body, parts: parts(body), limitMs: answerLimitMs }));
    await judgeShapes(world, findings, "h3-large", shapes, flowOptions);
    await drainBacklog(world, findings);
    for (const process of [...world.ingresses, ...world.workers]) await restart(process);
  },
};
