import { connect, type Socket } from "node:net";
import { isAccepted } from "../answers.ts";
import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import { percentile } from "../findings.ts";
import { delay } from "../until.ts";

type Slow = { socket: Socket; closedMs: number | undefined };

export const slowSenders: Fault = {
  id: "H1",
  title: "slowloris: headers and bodies a byte at a time",
  layout: "split",
  async inject(world, findings, size) {
    const flow = await world.newFlow("h1", { counts: false });
    const [ingress] = world.ingresses;
    const port = Number(new URL(ingress.url).port);
    const count = size.times(500, 100);
    const healthy = world.send(flow, { count: 100_000, ratePerS: 20, connections: 20, resends: false });
    const heads = Array.from({ length: count / 2 }, () =>
      drip(port, `POST ${flow.hookPath} HTTP/1.1\r\nHost: a\r\n`, "x"),
    );
    const bodies = Array.from({ length: count / 2 }, () =>
      drip(port, `POST ${flow.hookPath} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n`, "1"),
    );
    // Longer than the bars, so that those who are never closed are seen.
    for (
      let waited = 0;
      waited < 40_000 && [...heads, ...bodies].some(({ closedMs }) => closedMs === undefined);
      waited += 500
    )
      await delay(500);
    healthy.stop();
    await healthy.done;
    const slowest = (sockets: readonly Slow[]) =>
      Math.max(...sockets.map(({ closedMs }) => closedMs ?? Number.POSITIVE_INFINITY));
    findings.within("the last slow head was closed after", slowest(heads), 15_000);
    findings.within("the last slow body was closed after", slowest(bodies), 35_000);
    for (const { socket } of [...heads, ...bodies]) socket.destroy();
    const attempts = world.producer.attempts(healthy.id);
    findings.must(attempts.length > 0 && attempts.every(isAccepted), "a healthy request failed beside them");
    findings.within(
      "p99 of healthy requests beside them",
      percentile(
        attempts.map(({ tookMs }) => tookMs),
        0.99,
      ),
      200,
    );
    await check(world, flow, findings, { boundMs: 30_000 });
  },
};

/** One more byte every 2 s, until the other side closes. */
function drip(port: number, start: string, byte: string): Slow {
  const socket = connect(port, "127.0.0.1", () => socket.write(start));
  const openedAt = performance.now();
  const slow: Slow = { socket, closedMs: undefined };
  const timer = setInterval(() => socket.write(byte), 2_000);
  socket.on("data", () => undefined);
  socket.on("error", () => undefined);
  socket.on("close", () => {
    clearInterval(timer);
    slow.closedMs = performance.now() - openedAt;
  });
  return slow;
}
