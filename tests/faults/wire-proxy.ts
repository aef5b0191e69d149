import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { createStatementReader } from "./statements.ts";

/**
 * A moment that can be seen on the wire. The marks must come in this order on one connection: a text is part of an SQL
 * statement, `bytes` of anything that is sent. `before`: what carries the last mark never arrives. `after`: it was
 * carried out, but the answer never comes back; where the last mark is COMMIT, that answer and not one to a statement
 * that was sent ahead of it.
 */
export type WirePoint = { marks: readonly (string | { bytes: string })[]; moment: "before" | "after" };

export type WireProxy = {
  port: number;
  /** Breaks every connection and refuses new ones. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** Connections stay open and new ones are accepted, but nothing passes. */
  freeze(): void;
  thaw(): void;
  /** Every answer comes this much later. */
  slowDown(ms: number): void;
  /** Calls `act` when the point comes by the next time; what would have followed is not passed on. Returns what disarms it. */
  arm(point: WirePoint, act: () => void): () => void;
  close(): Promise<void>;
};

type Armed = { point: WirePoint; act: () => void };

export type WireTarget = { port: number; speaks: "postgres" | "redis" };

/** Stands between one process and its database or Redis, so that faults hit this process at an exact moment. */
export async function startWireProxy({ port: targetPort, speaks }: WireTarget): Promise<WireProxy> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let latencyMs = 0;
  let armed: Armed | undefined;

  function fire(): void {
    const hit = armed;
    armed = undefined;
    hit?.act();
  }

  const server = createServer((client) => {
    const upstream = connect({ host: "127.0.0.1", port: targetPort });
    const watch = createWatch(() => armed, speaks === "postgres" ? createStatementReader() : () => []);
    let cut: { answer: string } | undefined;
    let isOver = false;
    pipe(client, upstream, (data) => {
      // Clients send ahead: what comes behind the point must not arrive without it.
      if (isOver) return;
      const hit = watch(data);
      if (hit === "before") {
        isOver = true;
        fire();
        return;
      }
      if (hit === "after") cut = { answer: armed?.point.marks.at(-1) === "COMMIT" ? "COMMIT\0" : "" };
      upstream.write(data);
    });
    pipe(upstream, client, (data) => {
      if (cut && data.includes(cut.answer)) {
        cut = undefined;
        fire();
        return;
      }
      if (latencyMs === 0) client.write(data);
      else setTimeout(() => client.destroyed || client.write(data), latencyMs);
    });
  });

  function pipe(from: Socket, to: Socket, onData: (data: Buffer) => void): void {
    sockets.add(from);
    from.setNoDelay(true);
    from.on("data", onData);
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
    if (isFrozen) from.pause();
  }

  const listen = async (port: number): Promise<number> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address ? address.port : port;
  };
  const port = await listen(0);
  const goDown = async () => {
    const closed = server.listening ? once(server, "close") : undefined;
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    port,
    goDown,
    async comeBack() {
      if (!server.listening) await listen(port);
    },
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
    slowDown(ms) {
      latencyMs = ms;
    },
    arm(point, act) {
      const mine = { point, act };
      armed = mine;
      return () => {
        if (armed === mine) armed = undefined;
      };
    },
    close: goDown,
  };
}

/** Follows one connection through the marks of whatever point is armed. */
function createWatch(
  current: () => Armed | undefined,
  read: (data: Buffer) => string[],
): (data: Buffer) => WirePoint["moment"] | undefined {
  let followed: Armed | undefined;
  let reached = 0;

  return (data) => {
    const statements = read(data);
    const armed = current();
    if (armed !== followed) {
      followed = armed;
      reached = 0;
    }
    if (!armed) return undefined;
    const { marks, moment } = armed.point;
    for (const statement of statements) {
      const mark = marks[reached];
      if (typeof mark === "string" && statement.includes(mark)) reached++;
    }
    const mark = marks[reached];
    if (typeof mark === "object" && data.includes(mark.bytes)) reached++;
    return reached === marks.length ? moment : undefined;
  };
}
