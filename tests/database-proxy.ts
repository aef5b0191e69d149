import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Up: passes everything on. Down: nobody listens there. Silent: connections stand, and nothing answers. */
export type DatabaseProxy = {
  url: string;
  be(state: "up" | "down" | "silent"): void;
  close(): Promise<void>;
};

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: "up" | "down" | "silent" = "up";
  const server = createServer((near) => {
    if (state === "down") return void near.resetAndDestroy();
    const far = connect(Number(target.port), target.hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        pairs.delete(pair);
      });
      one.pipe(other);
    }
    if (state === "silent") for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    be(next) {
      state = next;
      for (const [near, far] of pairs) {
        if (next === "down") near.resetAndDestroy();
        for (const socket of [near, far]) {
          if (next === "silent") socket.pause();
          else socket.resume();
        }
      }
    },
    close: () =>
      new Promise((resolve) => {
        for (const [near] of pairs) near.destroy();
        server.close(() => resolve());
      }),
  };
}
