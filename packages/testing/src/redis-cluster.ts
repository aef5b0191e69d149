import { setTimeout as delay } from "node:timers/promises";
import { askRedis, startTestRedis, type TestRedis } from "./redis.ts";

const slots = 16_384;
const nodeCount = 3;
const readyLimitMs = 20_000;

export type TestRedisCluster = TestRedis & { nodes: readonly TestRedis[] };

/** Three real redis-servers as a Redis Cluster without replicas; what is done to it is done to each of them. */
export async function startTestRedisCluster(): Promise<TestRedisCluster> {
  const nodes = await Promise.all(Array.from({ length: nodeCount }, () => startTestRedis({ isClusterNode: true })));
  const ports = nodes.map(({ url }) => Number(new URL(url).port));
  const toEach = (act: (node: TestRedis) => Promise<void>) => async () => void (await Promise.all(nodes.map(act)));
  try {
    await join(ports);
    await untilWhole(ports);
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    throw error;
  }
  return {
    nodes,
    url: nodes.map(({ url }) => url).join(","),
    kill: toEach((node) => node.kill()),
    async restart() {
      await Promise.all(nodes.map((node) => node.restart()));
      await untilWhole(ports);
    },
    pause: () => nodes.forEach((node) => void node.pause()),
    resume: () => nodes.forEach((node) => void node.resume()),
    stop: toEach((node) => node.stop()),
  };
}

async function join([first = 0, ...others]: readonly number[]): Promise<void> {
  for (const [index, port] of [first, ...others].entries()) {
    const begin = Math.floor((slots * index) / nodeCount);
    const end = Math.floor((slots * (index + 1)) / nodeCount) - 1;
    await command(port, `CLUSTER ADDSLOTSRANGE ${begin} ${end}`);
  }
  const bus = /cluster-port\r\n\$\d+\r\n(\d+)/.exec(await askRedis(first, "CONFIG GET cluster-port"));
  for (const port of others) await command(port, `CLUSTER MEET 127.0.0.1 ${first} ${bus?.[1]}`);
}

async function command(port: number, text: string): Promise<void> {
  const answer = await askRedis(port, text);
  if (!answer.startsWith("+OK")) throw new Error(`A node of the cluster answered ${text} with ${answer || "nothing"}.`);
}

async function untilWhole(ports: readonly number[]): Promise<void> {
  const isWhole = async (port: number) => {
    const info = await askRedis(port, "CLUSTER INFO");
    return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${nodeCount}`);
  };
  for (const deadline = Date.now() + readyLimitMs; ; await delay(50)) {
    if ((await Promise.all(ports.map(isWhole))).every(Boolean)) return;
    if (Date.now() > deadline) throw new Error(`The Redis Cluster was not whole after ${readyLimitMs / 1_000} s.`);
  }
}
