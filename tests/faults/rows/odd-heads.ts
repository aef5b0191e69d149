import { runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import { head, rawRequest } from "../raw-request.ts";
import { judgeAfter, judgeAnswer, judgeShapes } from "./odd-requests.ts";

export const smuggling: Fault = {
  id: "H6",
  title: "request smuggling shapes and head limits",
  layout: "split",
  async inject(world, findings) {
    const refused = { takes: [400, 431], closes: true };
    const body = '{"id":"s"}';
    const flow = await judgeShapes(world, findings, "h6", [
      {
        name: "length and chunked",
        parts: (path) => [head(path, ["Content-Length: 10", "Transfer-Encoding: chunked"]), "0\r\n\r\n"],
        ...refused,
      },
      {
        name: "a request behind length and chunked",
        parts: (path) => [head(path, [`Content-Length: 5`, "Transfer-Encoding: chunked"]), "0\r\n\r\n", hidden(path)],
        ...refused,
      },
      {
        name: "a request in the body of length and chunked",
        parts: (path) => [
          head(path, [`Content-Length: ${5 + hidden(path).length}`, "Transfer-Encoding: chunked"]),
          "0\r\n\r\n",
          hidden(path),
        ],
        ...refused,
      },
      {
        name: "two lengths",
        parts: (path) => [head(path, ["Content-Length: 10", "Content-Length: 11"]), body],
        ...refused,
      },
      {
        name: "a request between two lengths",
        parts: (path) => [
          head(path, ["Content-Length: 10", `Content-Length: ${10 + hidden(path).length}`]),
          body,
          hidden(path),
        ],
        ...refused,
      },
      {
        name: "a folded header",
        parts: (path) => [head(path, ["Content-Length: 10", "X-A: 1\r\n 2"]), body],
        ...refused,
      },
      {
        name: "a bad chunk",
        parts: (path) => [head(path, ["Transfer-Encoding: chunked"]), "zz\r\nabc\r\n"],
        ...refused,
      },
      { name: "HTTP/0.9", parts: (path) => [`GET ${path}\r\n\r\n`], ...refused },
      {
        name: "a head over 16 KB",
        parts: (path) => [head(path, [`X-A: ${"a".repeat(20_000)}`, "Content-Length: 10"]), body],
        ...refused,
      },
      {
        name: "2,000 headers",
        parts: (path) => [
          head(path, [...Array.from({ length: 2_000 }, (_, index) => `X-${index}: 1`), "Content-Length: 10"]),
          body,
        ],
        ...refused,
      },
      {
        name: "an absolute URI",
        parts: (path) => [head(`http://other.example${path}`, ["Content-Length: 10"]), body],
        takes: [400, 404, 421],
      },
    ]);
    const runs = (await runsOf(world, flow)).length;
    findings.must(runs === 0, `${runs} runs were started; none of these requests may`);
  },
};

/** What is taken for a request of its own where two readers of one connection disagree on where the one before ends. */
const hidden = (path: string): string =>
  `${head(path, ["Content-Type: application/json", "Content-Length: 15"])}{"id":"hidden"}`;

export const otherMethods: Fault = {
  id: "H7",
  title: "methods that start nothing",
  layout: "split",
  async inject(world, findings) {
    const flow = await world.newFlow("h7", { counts: false });
    const [ingress] = world.ingresses;
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "DELETE"]) {
      const answer = await rawRequest(ingress.url, [head(flow.hookPath, [], method)]);
      judgeAnswer(findings, method, answer, [405]);
    }
    findings.must((await runsOf(world, flow)).length === 0, "a method that starts nothing started a run");
    const put = await rawRequest(ingress.url, [
      head(flow.hookPath, ["Content-Type: application/json", "Content-Length: 12"], "PUT"),
      '{"id":"put"}',
    ]);
    judgeAnswer(findings, "PUT", put, [202]);
    await judgeAfter(world, flow, findings);
  },
};
