import { openDoorbell, openLiveEvents, openQueueMetrics, openRingListener, type QueueConfig } from "../index.ts";

/** Another process on the same queue, for tests. Reads its task from the arguments, tells what it does on standard output. */
const [task = "", configJson = "{}"] = process.argv.slice(2);
const config: QueueConfig = JSON.parse(configJson);
const tell = (line: string) => process.stdout.write(`${line}\n`);
// The tests hold the other end: a child never outlives them.
process.stdin.on("end", () => process.exit(1)).resume();
if ("unref" in process.stdin && typeof process.stdin.unref === "function") process.stdin.unref();
const log = { info: () => undefined, warn: (_facts: unknown, message: string) => void tell(`warn ${message}`) };

switch (task) {
  case "hold-ring": {
    // Takes a ring and never finishes with it.
    const onRing = (runIds: readonly string[]) => {
      tell(`holding ${runIds.join(" ")}`);
      return new Promise<void>(() => undefined);
    };
    await openRingListener(config, { room: () => 10, onRing, log });
    tell("ready");
    break;
  }
  case "publish": {
    const live = await openLiveEvents(config, { log });
    tell("ready");
    setInterval(() => {
      for (const workspaceId of ["ws_one", "ws_two"]) {
        live.publish({
          type: "run.changed",
          workspaceId,
          automationId: "atm_a",
          runId: "run_a",
          status: "running",
          at: "now",
        });
      }
    }, 20);
    break;
  }
  case "use-everything": {
    const doorbell = await openDoorbell(config, { log });
    const live = await openLiveEvents(config, { log });
    const metrics = await openQueueMetrics(config, { log });
    let heard: () => void = () => undefined;
    const rung = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const listener = await openRingListener(config, { room: () => 10, onRing: async () => heard(), log });
    const unsubscribe = live.subscribe({ workspaceId: "ws_one" }, () => undefined);
    await doorbell.ring("ws_one", ["run_a"]);
    await doorbell.ring("ws_one", ["run_b"], { delayMs: 3_600_000 });
    await rung;
    await metrics.count();
    process.once("SIGTERM", async () => {
      unsubscribe();
      await Promise.all([listener.close(), doorbell.close(), live.close(), metrics.close()]);
      tell("closed");
    });
    tell("working");
    break;
  }
  default:
    throw new Error(`no task named ${task}`);
}
