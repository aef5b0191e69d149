import { createClient } from "@millrace/contract";
import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import { type Flow, flowDefinition, pushFlow, storeSigningSecret } from "../flow.ts";
import { delay, must, poll } from "../until.ts";
import { newVaultKey, restart, type World } from "../world.ts";

const refusalBarMs = 5_000;
const ratePerS = 50;

export const rotations: Fault = {
  id: "F23",
  title: "secrets rotated under load",
  layout: "split",
  async inject(world, findings) {
    await rotateEndpoint(world, findings);
    await revokeKey(world, findings);
    await rotateVaultKey(world, findings);
    await rotateSigningSecret(world, findings);
  },
};

/** Old, both, new: while both stand there, requests signed with either are taken. */
async function rotateSigningSecret(world: World, findings: Findings): Promise<void> {
  for (const name of ["old", "new"]) await storeSigningSecret(world.client(), `f23-${name}`, `${name} secret`);
  const signedBy = (...names: string[]) => ({
    trigger: { verify: { preset: "github", secret: names } },
    counts: false,
  });
  const flow = await world.newFlow("f23-signed", signedBy("f23-old"));
  const load = { count: 100_000, ratePerS: ratePerS / 2, connections: 20, resends: false };
  const publish = (...names: string[]) =>
    pushFlow(world.client(), flow.name, world.sink.urlOf(flow.name), signedBy(...names));
  const old = world.send(flow, { ...load, signature: { provider: "github", secret: "old secret" } });
  await delay(1_000);
  await publish("f23-new", "f23-old");
  await delay(refusalBarMs);
  const fresh = world.send(flow, { ...load, signature: { provider: "github", secret: "new secret" } });
  await delay(1_000);
  const endedAt = Date.now();
  await publish("f23-new");
  await delay(refusalBarMs + 1_000);
  for (const { stop } of [old, fresh]) stop();
  await Promise.all([old.done, fresh.done]);
  const counts = [old, fresh].map(({ id }) => world.producer.attempts(id).length);
  findings.note(`${counts.join(" and ")} requests signed with the old and the new secret`);
  const failed = world.producer.attempts(fresh.id).filter(({ status }) => status !== 202);
  findings.must(
    failed.length === 0,
    `${failed.length} requests signed with the new secret were answered ${failed[0]?.status}`,
  );
  const early = world.producer.attempts(old.id).filter(({ sentAt, status }) => sentAt < endedAt && status !== 202);
  findings.must(
    early.length === 0,
    `${early.length} requests signed with the old secret were answered ${early[0]?.status} during the overlap`,
  );
  const late = world.producer
    .attempts(old.id)
    .filter(({ sentAt, status }) => sentAt > endedAt + refusalBarMs && status < 300);
  findings.must(late.length === 0, `${late.length} requests signed with the old secret were taken 5 s after its end`);
  await check(world, flow, findings, { boundMs: 30_000 });
}

async function rotateEndpoint(world: World, findings: Findings): Promise<void> {
  const flow = await world.newFlow("f23", { counts: false });
  const overlapSeconds = 4;
  const sending = world.send(flow, { count: 100_000, ratePerS, connections: 20, resends: false });
  await delay(1_000);
  const { webhookUrl } = await world
    .client()
    .automations.rotateEndpoint({ automationId: flow.automationId, overlapSeconds });
  const rotatedAt = Date.now();
  const renewed = { ...flow, hookPath: new URL(webhookUrl).pathname };
  const second = world.send(renewed, { count: 100_000, ratePerS, connections: 20, resends: false });
  await delay(overlapSeconds * 1_000 + refusalBarMs + 1_000);
  for (const { stop } of [sending, second]) stop();
  await Promise.all([sending.done, second.done]);
  const old = world.producer.attempts(sending.id);
  const early = old.filter(({ sentAt, status }) => sentAt < rotatedAt + overlapSeconds * 1_000 - 200 && status >= 300);
  findings.note(`${old.length} requests to the old URL, ${early.length} refused during the overlap`);
  findings.must(early.length === 0, `${early.length} requests to the old URL were refused during the overlap`);
  const late = old.filter(
    ({ sentAt, status }) => sentAt > rotatedAt + overlapSeconds * 1_000 + refusalBarMs && status < 300,
  );
  findings.must(late.length === 0, `${late.length} requests to the old URL were taken more than 5 s after the overlap`);
  const failed = world.producer.attempts(second.id).filter(({ status }) => status >= 300 || status === 0);
  findings.must(failed.length === 0, `${failed.length} requests to the new URL failed, such as ${failed[0]?.status}`);
  await check(world, flow, findings, { boundMs: 30_000 });
}

async function revokeKey(world: World, findings: Findings): Promise<void> {
  const { apiKey, key } = await world.client().apiKeys.create({ name: "f23", scopes: ["runs:read"] });
  const clients = world.ingresses.map(({ url }) => createClient({ baseUrl: url, apiKey: key }));
  for (const client of clients) await client.runs.list({ limit: 1 });
  const flow = await world.newFlow("f23-key", { counts: false });
  const sending = world.send(flow, { count: 100_000, ratePerS, connections: 20, resends: false });
  await delay(1_000);
  await world.client().apiKeys.revoke({ apiKeyId: apiKey.id });
  const revokedAt = performance.now();
  const refused = await poll(async () => {
    const answers = await Promise.allSettled(clients.map((client) => client.runs.list({ limit: 1 })));
    return answers.every(({ status }) => status === "rejected");
  }, refusalBarMs * 4);
  findings.within("a revoked key is refused everywhere after", refused && performance.now() - revokedAt, refusalBarMs);
  sending.stop();
  await sending.done;
  await check(world, flow, findings, { boundMs: 30_000 });
}

/** As SECURITY.md has it: every process learns the new key before any seals with it; then the rows are sealed anew. */
async function rotateVaultKey(world: World, findings: Findings): Promise<void> {
  const processes = [...world.ingresses, ...world.workers];
  const restartAll = async () => {
    for (const process of processes) await restart(process);
  };
  const flow = await world.newFlow("f23-vault");
  const sending = world.send(flow, { count: 100_000, ratePerS: 20, connections: 20, resends: true });
  const next = newVaultKey("k2");
  world.vaultKeys.push(next);
  await restartAll();
  world.vaultKeys.reverse();
  await restartAll();
  await delay(500);
  sending.stop();
  await sending.done;
  await check(world, flow, findings, { boundMs: 60_000 });
  const rewrapped = await poll(async () => {
    const { rows } = await world.stores.pool.query("SELECT 1 FROM connections WHERE kek_id <> 'k2'");
    return rows.length === 0;
  }, 10_000);
  findings.must(rewrapped === true, "connections stay sealed under the old vault key");
}

export const edits: Fault = {
  id: "F24",
  title: "an automation edited, paused and deleted while its runs are under way",
  layout: "split",
  async inject(world, findings) {
    for (const change of ["edited", "paused", "deleted"] as const) {
      const flow = await world.newFlow(`f24-${change}`, { label: "v1", counts: false });
      await holdRuns(world, flow);
      const open = (await runsOf(world, flow)).filter(({ finishedAt }) => finishedAt === null).length;
      await make(change, world, flow);
      const changedAt = Date.now();
      findings.note(`${open} runs under way when ${change}`);
      findings.must(open === underWay, `${open} runs were under way when ${change}; expected ${underWay}`);
      world.sink.setMode(flow.name, { kind: "answer", status: 200 });
      world.sink.release(flow.name);
      await check(world, flow, findings, {
        boundMs: 60_000,
        endings: change === "deleted" ? ["succeeded", "canceled"] : ["succeeded"],
      });
      const calls = world.sink.calls(flow.name);
      const later = calls.filter(({ at }) => at > changedAt).length;
      findings.note(`${later} calls after it was ${change}`);
      if (change !== "deleted") findings.must(later > 0, `no call was made after it was ${change}`);
      // Each of the waiting runs calls once more, and no other.
      const repeated = calls.length - underWay;
      findings.must(repeated <= underWay / 2, `${repeated} calls were repeated; at most ${underWay / 2} had to be`);
      const mixed = calls.filter(({ label }) => label !== "v1").length;
      findings.must(mixed === 0, `${mixed} calls were made with another version than the run's`);
      await judgeQueue(world, flow, findings, change);
    }
  },
};

/** With every run ended, none of them may be left in the queue. */
async function judgeQueue(world: World, flow: Flow, findings: Findings, change: string): Promise<void> {
  const ids = (await runsOf(world, flow)).map(({ id }) => id);
  const isOrphan = (job: string) => ids.some((id) => job.includes(id));
  await poll(async () => !(await world.stores.readJobs()).some(isOrphan), orphanLimitMs);
  const jobs = await world.stores.readJobs();
  const orphans = jobs.filter(isOrphan);
  if (jobs.length > orphans.length) findings.note(`jobs of rows before are there: ${jobs.join("; ").slice(0, 300)}`);
  findings.must(orphans.length === 0, `${orphans.length} jobs are left after it was ${change}, such as ${orphans[0]}`);
}

/** A job whose end was lost is somebody's again once its lock of 15 s is over and a worker looks, which each does every 5 s. */
const orphanLimitMs = 25_000;
const underWay = 200;

/** Half of them in the middle of a call, half waiting to call again as the service asked, so that their version shows. */
async function holdRuns(world: World, flow: Flow): Promise<void> {
  const load = { count: underWay / 2, connections: 50, resends: true };
  const called = (count: number) =>
    must(`${count} calls were made`, () => world.sink.calls(flow.name).length >= count, 30_000);
  world.sink.setMode(flow.name, { kind: "hold" });
  await world.send(flow, load).done;
  await called(underWay / 2);
  world.sink.setMode(flow.name, { kind: "answer", status: 429, retryAfter: "5" });
  await world.send(flow, load).done;
  await called(underWay);
}

async function make(change: "edited" | "paused" | "deleted", world: World, flow: Flow): Promise<void> {
  const { automations } = world.client();
  const { automationId, name } = flow;
  if (change === "edited") {
    const definition = flowDefinition(name, world.sink.urlOf(name), { label: "v2", counts: false });
    await automations.push({ definition, publish: true });
  } else if (change === "paused") await automations.setEnabled({ automationId, enabled: false });
  else await automations.delete({ automationId });
}
