import { startTestRedis } from "@millrace/testing";
import { Redis } from "ioredis";
import { onEnd } from "./processes.mjs";

/** A redis-server as docker-compose.yml runs it: append-only file, nothing evicted. */
export async function startRedis() {
  const server = await startTestRedis();
  const client = new Redis(server.url);
  client.on("error", () => undefined);
  const close = onEnd(async () => {
    client.disconnect();
    await server.stop();
  });
  return {
    url: server.url,
    close,
    clear: () => client.flushall(),
    async cpuMs() {
      const info = await client.info("cpu");
      const seconds = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1] ?? 0);
      return (seconds("used_cpu_sys") + seconds("used_cpu_user")) * 1_000;
    },
  };
}
