import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { startingApp } from "./app.ts";
import { listen } from "./listen.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

test("a process that starts is alive at once, takes webhooks when it can, and has everything else wait until all of it is there", async () => {
  const app = startingApp();
  server = createServer(app.handle);
  const port = await listen(server, "127.0.0.1", 0);
  const statuses = async () => {
    const answers = await Promise.all(
      ["/livez", "/readyz", "/hooks/a", "/api/runs"].map((path) => fetch(`http://127.0.0.1:${port}${path}`)),
    );
    return answers.map(({ status, headers }) => [status, headers.get("retry-after")]);
  };
  const wait = [503, "2"];

  expect(await statuses()).toEqual([[200, null], wait, wait, wait]);
  app.takeHooks({
    turnAway: () => undefined,
    receive: (exchange) => void exchange.answer({ status: 202, head: [], body: "" }),
  });
  expect(await statuses()).toEqual([[200, null], wait, [202, null], wait]);
  app.become((_request, response) => response.writeHead(204).end());
  expect(await statuses()).toEqual(Array.from({ length: 4 }, () => [204, null]));
});
