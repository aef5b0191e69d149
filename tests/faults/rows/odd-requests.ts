import { checkProcesses, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import type { Flow, FlowOptions } from "../flow.ts";
import { collectedMb, processorMs } from "../memory.ts";
import { head, type RawAnswer, rawRequest } from "../raw-request.ts";
import type { ServerProcess } from "../server-process.ts";
import { delay } from "../until.ts";
import { restart, type World } from "../world.ts";

const limitBytes = 1_048_576;
export const growthBarMb = 20;

type Shape = {
  name: string;
  parts: (path: string) => readonly (string | Buffer)[];
  takes: readonly number[];
  /** The connection has to be closed, too: what follows on it could be taken for a request. */
  closes?: boolean;
  /** What the process may spend on it, of processor time. */
  processorBarMs?: number;
  /** For the whole answer; 5 s unless said. */
  limitMs?: number;
};

const answerLimitMs = 5_000;
const endedMs = 30_000;

const timesAgain = 2;

/** The least of several: a process does other work, too, and a collection of its garbage costs more than a refusal may. */
async function processorMsOf({ pid }: ServerProcess, send: () => Promise<unknown>): Promise<number> {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let time = 0; time < timesAgain; time++) {
    const usedMs = processorMs(pid);
    await send();
    leastMs = Math.min(leastMs, processorMs(pid) - usedMs);
  }
  return leastMs;
}

/** Sends each shape to one ingress, and holds it against the statuses that are right for it. */
export async function judgeShapes(
  world: World,
  findings: Findings,
  name: string,
  shapes: readonly Shape[],
  options: FlowOptions = { counts: false },
): Promise<Flow> {
  const flow = await world.newFlow(name, options);
  const [ingress] = world.ingresses;
  for (const { name: shape, parts, takes, closes = false, processorBarMs, limitMs = answerLimitMs } of shapes) {
    const limits = closes ? { limitMs, quietMs: limitMs } : { limitMs };
    const send = () => rawRequest(ingress.url, parts(flow.hookPath), limits);
    const usedMs = processorMs(ingress.pid);
    const answer = await send();
    const spentMs = processorMs(ingress.pid) - usedMs;
    judgeAnswer(findings, shape, answer, takes);
    if (closes) findings.must(answer.isClosed, `${shape}: the connection was still open after ${limitMs / 1_000} s`);
    if (processorBarMs === undefined) continue;
    const isCostly = spentMs > processorBarMs && answer.status >= 400;
    const leastMs = isCostly ? Math.min(spentMs, await processorMsOf(ingress, send)) : spentMs;
    findings.within(`${shape}: processor time`, leastMs, processorBarMs);
  }
  await judgeAfter(world, flow, findings);
  return flow;
}

export function judgeAnswer(
  findings: Findings,
  shape: string,
  { status, text, isClosed, tookMs }: RawAnswer,
  takes: readonly number[],
): void {
  findings.note(`${shape}: ${status}${isClosed ? `, closed after ${Math.round(tookMs)} ms` : ""}`);
  findings.must(
    takes.includes(status),
    `${shape}: answered ${status}; expected ${takes.join(" or ")} (${text.split("\r\n").at(-1)?.slice(0, 120)})`,
  );
}

/** Whatever was accepted also ends, and nobody died of it. */
export async function judgeAfter(world: World, flow: Flow, findings: Findings, limitMs = endedMs): Promise<void> {
  const deadline = Date.now() + limitMs;
  while ((await runsOf(world, flow)).some(({ finishedAt }) => finishedAt === null) && Date.now() < deadline)
    await delay(100);
  const runs = await runsOf(world, flow);
  const open = runs.filter(({ finishedAt }) => finishedAt === null).length;
  findings.row.events += runs.length;
  findings.row.stuck += open;
  findings.must(open === 0, `${open} accepted requests have runs that did not end`);
  checkProcesses(world, findings);
}

/** What was accepted is stored byte for byte. */
async function judgeBodies(
  world: World,
  flow: Flow,
  sent: readonly (string | Buffer)[],
  findings: Findings,
): Promise<void> {
  const { rows } = await world.stores.pool.query<{ body: Buffer }>(
    "SELECT e.body FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.automation_id = $1 AND d.verdict = 'accepted'",
    [flow.automationId],
  );
  const bodies = sent.map((body) => Buffer.from(body));
  const changed = rows.filter(({ body }) => !bodies.some((one) => one.equals(body))).length;
  findings.note(`${rows.length} of ${sent.length} bodies were accepted`);
  findings.must(rows.length > 0, "no body was accepted");
  findings.must(changed === 0, `${changed} bodies are not stored as they were sent`);
}

const sized = (path: string, bytes: number, type = "application/json"): Buffer[] => {
  const prefix = `{"id":"${bytes}-${type}","text":"`;
  const body = Buffer.from(`${prefix}${"x".repeat(bytes - prefix.length - 2)}"}`);
  return [Buffer.from(head(path, [`Content-Type: ${type}`, `Content-Length: ${body.length}`])), body];
};

export const bodySizes: Fault = {
  id: "H2",
  title: "body sizes, and lengths that lie",
  layout: "split",
  async inject(world, findings) {
    const [ingress] = world.ingresses;
    await restart(ingress, { preload: "collect-garbage" });
    const before = await collectedMb(ingress);
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, "x"), Buffer.from("\r\n")]);
    await judgeShapes(world, findings, "h2", [
      { name: "limit - 1", parts: (path) => sized(path, limitBytes - 1), takes: [202] },
      { name: "the limit", parts: (path) => sized(path, limitBytes), takes: [202] },
      { name: "limit + 1", parts: (path) => sized(path, limitBytes + 1), takes: [413], closes: true },
      {
        name: "100 MB announced",
        parts: (path) => [head(path, ["Content-Length: 104857600"]), Buffer.alloc(65_536)],
        takes: [413],
        closes: true,
      },
      {
        name: "endless chunks",
        parts: (path) => [head(path, ["Transfer-Encoding: chunked"]), ...Array.from({ length: 64 }, () => chunk)],
        takes: [413],
        closes: true,
      },
      {
        name: "a length too short",
        parts: (path) => [head(path, ["Content-Type: application/json", "Content-Length: 5"]), '{"id":"short"}'],
        takes: [400],
        closes: true,
      },
      { name: "no length", parts: (path) => [head(path, ["Content-Type: application/json"])], takes: [400] },
    ]);
    findings.below("the ingress grew by", (await collectedMb(ingress)) - before, growthBarMb);
    await restart(ingress);
  },
};

/** `type` "": the request does not say what its body is. */
const json = (path: string, body: string | Buffer, type = "application/json"): (string | Buffer)[] => [
  head(path, [...(type === "" ? [] : [`Content-Type: ${type}`]), `Content-Length: ${Buffer.byteLength(body)}`]),
  body,
];
const accepted = [200, 202, 400, 413, 422];

export const oddJson: Fault = {
  id: "H3",
  title: "JSON that breaks what reads it",
  layout: "split",
  async inject(world, findings) {
    const wide = `{${Array.from({ length: 90_000 }, (_, index) => `"k${index}":1`).join(",")},"id":"wide"}`;
    const shapes: [string, string | Buffer][] = [
      ["100,000 deep", `{"id":"deep","a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
      ["20,001 deep", `{"id":"deep2","a":${"[".repeat(20_001)}${"]".repeat(20_001)}}`],
      ["90,000 keys", wide],
      ["doubled keys", '{"id":"a","id":"b"}'],
      ["huge numbers", '{"id":"huge","n":1e400,"m":123456789012345678901234567890}'],
      ["NUL", '{"id":"nul\\u0000x"}'],
      ["a lone surrogate", '{"id":"lone\\ud800"}'],
      ["a byte order mark", Buffer.from('\ufeff{"id":"bom"}')],
      ["invalid UTF-8", Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])],
      ["NaN", '{"id":NaN}'],
      ["an empty body", ""],
      ["null", "null"],
      ["a list", '[{"id":1}]'],
      ["a text", '"id"'],
      ["__proto__", '{"id":"proto","__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}'],
    ];
    const flow = await judgeShapes(
      world,
      findings,
      "h3",
      shapes.map(([name, body]) => ({ name, parts: (path) => json(path, body), takes: accepted })),
    );
    const bodies = shapes.map(([, body]) => body);
    await judgeBodies(world, flow, bodies, findings);
  },
};

export const contentTypes: Fault = {
  id: "H4",
  title: "content types that do not fit",
  layout: "split",
  async inject(world, findings) {
    const boundary = 'multipart/form-data; boundary="b"';
    const multipart =
      '--b\r\nContent-Disposition: form-data; name="id"; filename="../../etc/passwd"\r\n\r\nx\r\n--b--\r\n';
    const shapes: [string, string, string][] = [
      ["no type", "", '{"id":"none"}'],
      ["text", "text/plain", '{"id":"text"}'],
      ["multipart", boundary, multipart],
      ["a bomb of brackets", "application/x-www-form-urlencoded", `id${"[a]".repeat(20_000)}=1&id=form`],
      ["a charset nobody knows", "application/json; charset=utf-77", '{"id":"charset"}'],
      ["UTF-16", "application/json; charset=utf-16le", '{"id":"utf16"}'],
      ["two types", "application/json, text/html", '{"id":"two"}'],
    ];
    const flow = await judgeShapes(
      world,
      findings,
      "h4",
      shapes.map(([name, type, body]) => ({
        name,
        parts: (path) => json(path, body, type),
        takes: [...accepted, 415],
      })),
    );
    const bodies = shapes.map(([, , body]) => body);
    await judgeBodies(world, flow, bodies, findings);
  },
};
