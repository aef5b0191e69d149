import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const root = "/srv/millrace";

test("REDIS_URL names one server, or several nodes of a cluster", () => {
  const cluster = "redis://a:6379, rediss://:secret@b:6380";
  expect(readConfig({ REDIS_URL: "redis://a:6379" }, root).redisUrl).toBe("redis://a:6379");
  expect(readConfig({ REDIS_URL: cluster, QUEUE_SHARDS: "8" }, root)).toMatchObject({
    redisUrl: cluster,
    queueShards: 8,
  });
});

test.each([
  { REDIS_URL: "redis://a:6379,b:6380" },
  { REDIS_URL: "http://a:6379" },
  { REDIS_URL: "redis://a:6379," },
  { QUEUE_SHARDS: "0" },
  { QUEUE_SHARDS: "65" },
  { QUEUE_SHARDS: "many" },
])("%j is refused by the variable's name, with what was expected", (env) => {
  const [name = ""] = Object.keys(env);
  expect(() => readConfig(env, root)).toThrow(new RegExp(`${name}[^]*expected`));
});
