import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { listen } from "../listen.ts";
import { createHttpServer } from "./http-server.ts";

const connections = 300;
const busyMs = 3;

/** Opens connections from an event loop of its own, sends one request over each, and says how many were answered. */
const client = `
  const { parentPort, workerData: { port, connections } } = require("node:worker_threads");
  const { connect } = require("node:net");
  let answered = 0;
  for (let index = 0; index < connections; index++) {
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n"));
    socket.once("data", () => ++answered === connections && parentPort.postMessage(answered));
  }`;

/** In how many turns of a busy event loop all requests of new connections are answered. */
async function turnsFor(acceptsFaster: boolean): Promise<number> {
  const http = createHttpServer((_request, response) => response.end("ok"));
  const port = await listen(http.server, "127.0.0.1", 0);
  if (acceptsFaster) await http.acceptFaster();
  const worker = new Worker(client, { eval: true, workerData: { port, connections } });
  let answered = 0;
  worker.once("message", (count: number) => {
    answered = count;
  });
  let turns = 0;
  for (; answered < connections; turns++) {
    const end = performance.now() + busyMs;
    while (performance.now() < end);
    await nextTurn();
  }
  await worker.terminate();
  await http.drain(0);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  return turns;
}

test("a busy process takes many new connections in one turn of its event loop, and none once it is drained", async () => {
  const [one, faster] = [await turnsFor(false), await turnsFor(true)];
  expect(one).toBeGreaterThan(connections * 0.8);
  expect(faster).toBeLessThan(one / 3);
});
