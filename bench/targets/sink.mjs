// A program: the service that flows call. It counts calls by Idempotency-Key, in a process of its own, so that what it
// saw does not depend on what it checks.
import { createServer } from "node:http";

let calls = new Map();
let total = 0;

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const key = request.headers["idempotency-key"];
    calls.set(key, (calls.get(key) ?? 0) + 1);
    total++;
    response.writeHead(200, { "content-type": "application/json", "content-length": 11 });
    response.end('{"ok":true}');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send({ url: `http://127.0.0.1:${server.address().port}/orders` }));

process.on("message", ({ number, command }) => {
  if (command !== "takeCalls") return;
  const repeated = [...calls.values()].filter((count) => count > 1).length;
  const { user, system } = process.cpuUsage();
  process.send({ answerTo: number, result: { total, distinct: calls.size, repeated, cpuMs: (user + system) / 1_000 } });
  calls = new Map();
  total = 0;
});
