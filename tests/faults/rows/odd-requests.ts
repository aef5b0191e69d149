import { gzipSync } from "node:zlib";
import { checkProcesses, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import type { Flow } from "../flow.ts";
import { head, type RawAnswer, rawRequest } from "../raw-request.ts";
import { residentMb } from "../refusals.ts";
import { delay } from "../until.ts";
import type { World } from "../world.ts";

const limitBytes = 1_048_576;

type Shape = {
  name: string;
  parts: (path: string) => readonly (string | Buffer)[];
  takes: readonly number[];
  limitMs?: number;
};

/** Sends each shape to one ingress, and holds it against the statuses that are right for it. */
export async function judgeShapes(
  world: World,
  findings: Findings,
  name: string,
  shapes: readonly Shape[],
): Promise<void> {
  const flow = await world.newFlow(name, { counts: false });
  const [ingress] = world.ingresses;
  for (const { name: shape, parts, takes, limitMs = 5_000 } of shapes) {
    const answer = await rawRequest(ingress.url, parts(flow.hookPath), { limitMs });
    judgeAnswer(findings, shape, answer, takes);
  }
  await judgeAfter(world, flow, findings);
}

export function judgeAnswer(
  findings: Findings,
  shape: string,
  { status, text }: RawAnswer,
  takes: readonly number[],
): void {
  findings.must(
    takes.includes(status),
    `${shape}: answered ${status}; expected ${takes.join(" or ")} (${text.split("\r\n").at(-1)?.slice(0, 120)})`,
  );
}

/** Whatever was accepted also ends, and nobody died of it. */
export async function judgeAfter(world: World, flow: Flow, findings: Findings): Promise<void> {
  const deadline = Date.now() + 30_000;
  while ((await runsOf(world, flow)).some(({ finishedAt }) => finishedAt === null) && Date.now() < deadline)
    await delay(100);
  const runs = await runsOf(world, flow);
  const open = runs.filter(({ finishedAt }) => finishedAt === null).length;
  findings.row.events += runs.length;
  findings.row.stuck += open;
  findings.must(open === 0, `${open} accepted requests have runs that did not end`);
  checkProcesses(world, findings);
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
    const before = residentMb(ingress.pid);
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, "x"), Buffer.from("\r\n")]);
    await judgeShapes(world, findings, "h2", [
      { name: "limit - 1", parts: (path) => sized(path, limitBytes - 1), takes: [202] },
      { name: "the limit", parts: (path) => sized(path, limitBytes), takes: [202] },
      { name: "limit + 1", parts: (path) => sized(path, limitBytes + 1), takes: [413] },
      {
        name: "100 MB announced",
        parts: (path) => [head(path, ["Content-Length: 104857600"]), Buffer.alloc(65_536)],
        takes: [413],
      },
      {
        name: "endless chunks",
        parts: (path) => [head(path, ["Transfer-Encoding: chunked"]), ...Array.from({ length: 64 }, () => chunk)],
        takes: [413],
      },
      {
        name: "a length too short",
        parts: (path) => [head(path, ["Content-Type: application/json", "Content-Length: 5"]), '{"id":"short"}'],
        takes: [400],
      },
      { name: "no length", parts: (path) => [head(path, ["Content-Type: application/json"])], takes: [400] },
    ]);
    const grown = residentMb(ingress.pid) - before;
    findings.note(`the ingress grew by ${grown} MB`);
    findings.must(grown < 60, `the ingress grew by ${grown} MB; the bar is 20 MB besides garbage`);
  },
};

const json = (path: string, body: string | Buffer, type = "application/json"): (string | Buffer)[] => [
  head(path, [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`]),
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
    await judgeShapes(
      world,
      findings,
      "h3",
      shapes.map(([name, body]) => ({ name, parts: (path) => json(path, body), takes: accepted })),
    );
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
    await judgeShapes(
      world,
      findings,
      "h4",
      shapes.map(([name, type, body]) => ({
        name,
        parts: (path) => json(path, body, type || "x"),
        takes: [...accepted, 415],
      })),
    );
  },
};

export const packedBodies: Fault = {
  id: "H5",
  title: "packed bodies and bombs",
  layout: "split",
  async inject(world, findings) {
    const [ingress] = world.ingresses;
    const packed = (encoding: string, body: Buffer) => (path: string) => [
      head(path, ["Content-Type: application/json", `Content-Encoding: ${encoding}`, `Content-Length: ${body.length}`]),
      body,
    ];
    const bomb = gzipSync(Buffer.alloc(200 * 1_048_576));
    const good = gzipSync('{"id":"packed"}');
    const before = residentMb(ingress.pid);
    await judgeShapes(world, findings, "h5", [
      { name: "gzip", parts: packed("gzip", good), takes: [202] },
      { name: "a bomb of 200 MB", parts: packed("gzip", bomb), takes: [413] },
      { name: "gzip in gzip", parts: packed("gzip, gzip", gzipSync(good)), takes: [415] },
      { name: "br", parts: packed("br", good), takes: [415] },
      { name: "an unknown encoding", parts: packed("zstd-ish", good), takes: [415] },
      { name: "gzip that is none", parts: packed("gzip", Buffer.from("not gzip")), takes: [400] },
      { name: "gzip cut short", parts: packed("gzip", good.subarray(0, 20)), takes: [400] },
    ]);
    const grown = residentMb(ingress.pid) - before;
    findings.must(grown < 60, `the ingress grew by ${grown} MB`);
  },
};
