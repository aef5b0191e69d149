import { Redis } from "ioredis";
import { redisNodes } from "./redis-connection.ts";

/** What an operator should change about each server that `urls` names, in sentences. */
export async function findMisconfigurations(urls: string): Promise<string[]> {
  const nodes = redisNodes(urls);
  const found = await Promise.all(nodes.map((url) => checkServer(url, nodes.length > 1)));
  return [...new Set(found.flat())];
}

async function checkServer(url: string, isOneOfSeveral: boolean): Promise<string[]> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return [
      ...clusterFaults(await client.info("cluster"), new URL(url).host, isOneOfSeveral),
      ...storeFaults(await client.info("memory", "persistence")),
    ];
  } catch (error) {
    return [`Redis could not be checked: ${error instanceof Error ? error.message : "unknown error"}.`];
  } finally {
    client.disconnect();
  }
}

function clusterFaults(info: string, host: string, isOneOfSeveral: boolean): string[] {
  const isNode = /^cluster_enabled:1/m.test(info);
  if (isNode && !isOneOfSeveral)
    return ["Redis is a node of a Redis Cluster: name several of its nodes in REDIS_URL, separated by commas."];
  if (!isNode && isOneOfSeveral)
    return [
      `REDIS_URL names several servers, and ${host} is no node of a Redis Cluster: name one server, or a cluster's nodes.`,
    ];
  return [];
}

function storeFaults(info: string): string[] {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  const found: string[] = [];
  if (policy && policy !== "noeviction") {
    found.push(
      `Redis evicts keys (maxmemory-policy ${policy}): set maxmemory-policy noeviction, or rings get lost when memory is short.`,
    );
  }
  if (/^aof_enabled:0/m.test(info)) {
    found.push(
      "Redis keeps no append-only file: set appendonly yes, or a restart loses rings and runs start some seconds late.",
    );
  }
  return found;
}
