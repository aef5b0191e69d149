import { connect, type Socket } from "node:net";

export type RawAnswer = {
  /** Of the first answer; 0: the connection closed without one. */
  status: number;
  text: string;
  isClosed: boolean;
  tookMs: number;
};

/**
 * Sends bytes that no HTTP client would, and reads until the other side closes or nothing more comes for `quietMs`, but not for
 * longer than `limitMs`.
 */
export function rawRequest(
  url: string,
  parts: readonly (string | Buffer)[],
  { limitMs = 5_000, quietMs = 700 }: { limitMs?: number; quietMs?: number } = {},
): Promise<RawAnswer> {
  const { port } = new URL(url);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket: Socket = connect(Number(port), "127.0.0.1");
    let text = "";
    let quiet: NodeJS.Timeout | undefined;
    const finish = (isClosed: boolean) => {
      clearTimeout(quiet);
      clearTimeout(limit);
      socket.destroy();
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({ status, text, isClosed, tookMs: performance.now() - startedAt });
    };
    const limit = setTimeout(() => finish(false), limitMs);
    socket.on("connect", () => {
      for (const part of parts) socket.write(part);
    });
    socket.on("data", (data: Buffer) => {
      text += data.toString("latin1");
      clearTimeout(quiet);
      quiet = setTimeout(() => finish(false), quietMs);
    });
    socket.on("error", () => finish(true));
    socket.on("close", () => finish(true));
  });
}

/** The head of a POST with these header lines besides `Host`. */
export const head = (path: string, lines: readonly string[], method = "POST"): string =>
  `${[`${method} ${path} HTTP/1.1`, "Host: 127.0.0.1", ...lines].join("\r\n")}\r\n\r\n`;
