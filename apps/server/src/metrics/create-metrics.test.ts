import { createServer } from "node:http";
import express from "express";
import { afterEach, expect, test } from "vitest";
import { createMetrics } from "./create-metrics.ts";

let close: (() => void) | undefined;
afterEach(() => close?.());

async function serve(token?: string): Promise<(authorization?: string) => Promise<Response>> {
  const app = express().use(createMetrics({ token }).routes);
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => server.close();
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return (authorization) =>
    fetch(`http://127.0.0.1:${port}/metrics`, authorization === undefined ? {} : { headers: { authorization } });
}

test("with a token, only those who send it read the metrics, and others hear what is missing", async () => {
  const read = await serve("a-token-of-the-tests");
  for (const authorization of [undefined, "Bearer", "Bearer a-token-of-the-test", "Basic x", "a-token-of-the-tests"]) {
    const answer = await read(authorization);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(await answer.text()).toContain("METRICS_TOKEN");
  }
  const answer = await read("Bearer a-token-of-the-tests");
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain("millrace_event_loop_utilization");
});

test("without a token, everyone who reaches the port reads them", async () => {
  const read = await serve();
  expect((await read()).status).toBe(200);
});
