import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { type Client, createClient } from "@millrace/contract";
import { canaryConnection, type Flow, type FlowOptions, pushFlow } from "./flow.ts";
import { openProducer, type Producer, type Sending } from "./producer.ts";
import type { SendJob } from "./producer-messages.ts";
import { type Random, seededRandom } from "./random.ts";
import { type ServerProcess, type StartOptions, serverProcess } from "./server-process.ts";
import { openSink, type Sink } from "./sink.ts";
import { type Backend, openStores, type Stores } from "./stores.ts";
import { startWireProxy } from "./wire-proxy.ts";

/** `split`: two processes take and serve, two work. `single`: one process does everything. */
export type Layout = "split" | "single" | "none";

export type World = {
  backend: Backend;
  random: Random;
  stores: Stores;
  sink: Sink;
  producer: Producer;
  apiKey: string;
  /** Of every process that starts from now on; the first is primary. */
  vaultKeys: string[];
  /** The secret of the connection that every flow calls with: it must show up nowhere. */
  canary: string;
  /** Every process there is, running or not. */
  processes: readonly ServerProcess[];
  ingresses: readonly [ServerProcess, ServerProcess];
  workers: readonly [ServerProcess, ServerProcess];
  single: ServerProcess;
  /** Processes that ended although nobody meant them to. */
  deaths: string[];
  /** Terminal statuses as they were seen first: they must stay. */
  seenTerminal: Map<string, string>;
  /** `isDirect`: past the proxies, so that no fault can be timed by what passes, and nothing passes through the harness. */
  use(layout: Layout, options?: { isDirect?: boolean }): Promise<void>;
  client(): Client;
  newFlow(name: string, options?: FlowOptions): Promise<Flow>;
  send(flow: Flow, job: Omit<SendJob, "id" | "urls"> & Partial<Pick<SendJob, "urls">>): Sending;
  /** What new processes get besides, such as other vault keys. */
  newProcess(name: string, roles: string, databaseUrl?: string): Promise<ServerProcess>;
  close(options?: { keepsLogs: boolean }): Promise<void>;
};

export async function openWorld(backend: Backend, seed: number): Promise<World> {
  const stores = await openStores(backend);
  const { directory } = stores;
  const deaths: string[] = [];
  const processes: ServerProcess[] = [];
  const apiKey = `mlr_${randomBytes(24).toString("base64url")}`;
  const vaultKeys = [newVaultKey("k1")];
  const canary = `canary${randomBytes(16).toString("hex")}`;
  let hasCanary: Promise<unknown> | undefined;
  let migrated: Promise<void> | undefined;
  let isDirect = false;
  let flowNumber = 0;
  let sendNumber = 0;

  async function newProcess(name: string, roles: string, databaseUrl = stores.databaseUrl): Promise<ServerProcess> {
    const target = new URL(databaseUrl);
    const postgres = await startWireProxy({ port: Number(target.port), speaks: "postgres" });
    target.port = String(postgres.port);
    const redisUrl = stores.redis && new URL(stores.redis.url);
    const redis = redisUrl && (await startWireProxy({ port: Number(redisUrl.port), speaks: "redis" }));
    const options = { name, roles, directory, postgres, redis, port: await freePort() };
    const env = (): Record<string, string> => {
      const ownRedis = isDirect ? stores.redis?.url : redis && `redis://127.0.0.1:${redis.port}`;
      return {
        MILLRACE_API_KEY: apiKey,
        VAULT_KEYS: vaultKeys.join(","),
        DATABASE_URL: isDirect ? databaseUrl : target.href,
        ...(ownRedis === undefined ? {} : { REDIS_URL: ownRedis }),
      };
    };
    const made = serverProcess({ ...options, env }, (description) => deaths.push(description));
    processes.push(made);
    return made;
  }

  const [sink, producer, ingress0, ingress1, worker0, worker1, single] = await Promise.all([
    openSink(directory),
    openProducer(directory),
    newProcess("ingress-0", "ingress,api"),
    newProcess("ingress-1", "ingress,api"),
    newProcess("worker-0", "worker"),
    newProcess("worker-1", "worker"),
    newProcess("single", "ingress,api,worker"),
  ]);
  const ingresses = [ingress0, ingress1] as const;
  const workers = [worker0, worker1] as const;
  const takers = () => [...ingresses, single].filter((process) => process.isRunning());

  async function use(layout: Layout, options: { isDirect?: boolean } = {}): Promise<void> {
    const wasDirect = isDirect;
    isDirect = options.isDirect === true;
    if (isDirect !== wasDirect) await Promise.all(processes.map((process) => process.kill()));
    const wanted = layout === "split" ? [...ingresses, ...workers] : layout === "single" ? [single] : [];
    await Promise.all(processes.filter((process) => !wanted.includes(process)).map((process) => process.kill()));
    if (wanted[0]) migrated ??= wanted[0].start().then(stores.audit);
    await migrated;
    await Promise.all(wanted.filter((process) => !process.isRunning()).map((process) => process.start()));
  }

  function client(): Client {
    const [first] = takers();
    if (!first) throw new Error("No process serves the API now.");
    return createClient({ baseUrl: first.url, apiKey });
  }

  return {
    ...{
      backend,
      stores,
      sink,
      producer,
      apiKey,
      vaultKeys,
      canary,
      processes,
      ingresses,
      workers,
      single,
      deaths,
      use,
      client,
      newProcess,
    },
    random: seededRandom(seed),
    seenTerminal: new Map(),
    async newFlow(name, options) {
      const unique = `${name}-${++flowNumber}`;
      const fields = { scheme: "bearer", secret: canary, origins: new URL(sink.urlOf("")).origin };
      hasCanary ??= client().connections.create({ connector: "http", name: canaryConnection, fields });
      await hasCanary;
      return pushFlow(client(), unique, sink.urlOf(unique), options);
    },
    send: (flow, job) =>
      producer.send({
        id: `${flow.name}/${++sendNumber}`,
        urls: takers().map(({ url }) => url + flow.hookPath),
        ...job,
      }),
    async close({ keepsLogs } = { keepsLogs: false }) {
      await Promise.all(processes.map((process) => process.kill()));
      await Promise.all([sink.close(), producer.close()]);
      await Promise.all(processes.flatMap(({ postgres, redis }) => [postgres.close(), redis?.close()]));
      await stores.close(keepsLogs);
    },
  };
}

export const newVaultKey = (id: string): string => `${id}:${randomBytes(32).toString("base64")}`;

/** Kills and starts again what an earlier fault may have left in a bad state. */
export async function restart(process: ServerProcess, options?: StartOptions): Promise<void> {
  await process.kill();
  await process.start(options);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("There is no free port.")),
      );
    });
  });
}
