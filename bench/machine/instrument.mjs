// Loaded into each process under measure with --import: answers questions of the harness about that process.
import { writeFileSync } from "node:fs";
import { GCProfiler, getHeapStatistics } from "node:v8";

const megabyte = 1_048_576;
let session;
let collections;
let heapAtStart = 0;

/** Loaded only when it is asked for: it takes memory too. */
async function inspector() {
  if (!session) {
    const { Session } = await import("node:inspector/promises");
    session = new Session();
    session.connect();
  }
  return session;
}

const commands = {
  usage() {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    return {
      cpuMs: (user + system) / 1_000,
      rssMb: rss / megabyte,
      heapMb: heapUsed / megabyte,
      externalMb: external / megabyte,
    };
  },

  startAllocations() {
    collections = new GCProfiler();
    heapAtStart = getHeapStatistics().used_heap_size;
    collections.start();
  },

  /** Between two collections the heap only grows, so what was allocated is the sum of its growth: exact, and free. */
  stopAllocations() {
    const { statistics } = collections.stop();
    let allocatedBytes = 0;
    let before = heapAtStart;
    let gcMs = 0;
    for (const { beforeGC, afterGC, cost } of statistics) {
      allocatedBytes += Math.max(0, beforeGC.heapStatistics.usedHeapSize - before);
      before = afterGC.heapStatistics.usedHeapSize;
      gcMs += cost / 1_000;
    }
    allocatedBytes += Math.max(0, getHeapStatistics().used_heap_size - before);
    return { allocatedBytes, gcMs, collections: statistics.length };
  },

  async startProfile() {
    await (await inspector()).post("Profiler.enable");
    await (await inspector()).post("Profiler.setSamplingInterval", { interval: 500 });
    await (await inspector()).post("Profiler.start");
  },

  async stopProfile({ file }) {
    const { profile } = await (await inspector()).post("Profiler.stop");
    writeFileSync(file, JSON.stringify(profile));
  },

  async startSampling() {
    await (await inspector()).post("HeapProfiler.startSampling", {
      samplingInterval: 65_536,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
  },

  async stopSampling({ file }) {
    const { profile } = await (await inspector()).post("HeapProfiler.stopSampling");
    writeFileSync(file, JSON.stringify(profile));
  },
};

if (process.channel) {
  process.on("message", async ({ number, command, ...details }) => {
    if (!(command in commands)) return;
    try {
      process.send({ answerTo: number, result: (await commands[command](details)) ?? null });
    } catch (error) {
      process.send({ answerTo: number, error: String(error?.stack ?? error) });
    }
  });
  // Listening must not keep a process alive that has nothing else to do, and the harness's end is ours.
  process.channel.unref();
  process.once("disconnect", () => {
    if (process.exitCode === undefined) process.kill(process.pid, "SIGTERM");
  });
}
