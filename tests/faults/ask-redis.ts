import { connect } from "node:net";

/** Sends one command that is answered in a few bytes, and resolves with them in Redis's own form. */
export function askRedis(url: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(`${command}\r\n`));
    socket.once("error", reject);
    socket.once("data", (answer) => {
      socket.destroy();
      resolve(answer.toString());
    });
  });
}
