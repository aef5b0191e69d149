import { check, runsHeldBy } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import { recoveryTimes } from "../kill-points.ts";
import type { ServerProcess } from "../server-process.ts";
import { delay, poll } from "../until.ts";
import { restart, type World } from "../world.ts";

const recoveryLimitMs = 60_000;

/** A worker stands still for longer than its lease while it holds runs, then goes on as if nothing had happened. */
async function stall(
  world: World,
  findings: Findings,
  times: number,
  stand: (worker: ServerProcess) => Promise<void>,
): Promise<void> {
  const flow = await world.newFlow("stall", { timeout: "60s" });
  world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: 1_500 });
  const [sleeper] = world.workers;
  for (let time = 0; time < times; time++) {
    // Until it holds some: the other worker may be quicker.
    const sending = world.send(flow, { count: 100_000, ratePerS: 20, connections: 60, resends: true });
    const held = await poll(async () => (await runsHeldBy(world, sleeper)) > 3, 20_000);
    findings.must(held === true, "the worker that was to stand still held no runs");
    sending.stop();
    const heard = sleeper.output().length;
    const recovering = recoveryTimes(world, { pid: sleeper.pid, at: Date.now() }, recoveryLimitMs);
    await stand(sleeper);
    await sending.done;
    findings.recovered(Math.max(0, ...(await recovering)));
    const told = () => sleeper.output().slice(heard).split("another worker's now").length - 1;
    await poll(() => told() > 0, 20_000);
    findings.must(
      told() > 0,
      `round ${time + 1}: the worker that stood still was never told that its leases were gone`,
    );
    findings.note(`round ${time + 1}: told of ${told()} leases that they were gone`);
  }
  await check(world, flow, findings, { boundMs: 60_000 });
}

export const blockedLoop: Fault = {
  id: "F20",
  title: "one worker's event loop blocked beyond its lease",
  layout: "split",
  async inject(world, findings, size) {
    const blockMs = size.isFull ? 40_000 : 20_000;
    const [sleeper] = world.workers;
    await restart(sleeper, { preload: "block-loop", env: { FAULTS_BLOCK_MS: String(blockMs) } });
    await stall(world, findings, 1, async () => {
      sleeper.signal("SIGWINCH");
      await delay(blockMs + 500);
    });
    await restart(sleeper);
  },
};

export const stoppedWorker: Fault = {
  id: "F22",
  title: "SIGSTOP of a worker beyond its lease, then SIGCONT",
  layout: "split",
  async inject(world, findings, size) {
    const [sleeper] = world.workers;
    await restart(sleeper);
    await stall(world, findings, size.times(20, 1), async () => {
      sleeper.signal("SIGSTOP");
      await delay(size.isFull ? 60_000 : 20_000);
      sleeper.signal("SIGCONT");
    });
  },
};
