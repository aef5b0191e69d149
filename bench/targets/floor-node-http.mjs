// A program: what Node.js itself can do. It collects the body and parses the JSON, as an ingress must at least.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { orderId } = JSON.parse(Buffer.concat(chunks).toString());
    const body = JSON.stringify({ orderId, status: "queued" });
    response.writeHead(202, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send({ url: `http://127.0.0.1:${server.address().port}/hooks/floor` }));
