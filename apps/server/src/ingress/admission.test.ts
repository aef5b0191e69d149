import { setImmediate as nextTurn } from "node:timers/promises";
import { newId } from "@millrace/base";
import type { Accepted, Intake } from "@millrace/engine";
import { describe, expect, test } from "vitest";
import { type AdmissionLimits, admissionLimits, createAdmission, Unavailable } from "./admission.ts";
import { createWaitingRoom } from "./waiting-room.ts";

const accepted: Accepted = {
  runId: newId("run"),
  deliveryId: newId("delivery"),
  isDuplicate: false,
  bodyDiffers: false,
  answer: { status: 202, body: "{}" },
};
const requestOf = (bytes: number): Parameters<Intake["accept"]>[0] => ({
  ...{ workspaceId: newId("workspace"), automationId: newId("automation"), versionId: newId("version") },
  ...{ endpointId: newId("endpoint"), dedupeKey: null, sourceIp: null },
  event: {
    ...{ method: "POST", query: "", headers: [], contentType: null, receivedAt: new Date() },
    body: new Uint8Array(bytes),
  },
});
const request = requestOf(2);

/** A database that commits when the test says so. */
function open(limits: Partial<AdmissionLimits> = {}) {
  const commits: { resolve(result: Accepted): void; reject(error: Error): void }[] = [];
  const lines: string[] = [];
  let nowMs = 0;
  const note = (_facts: unknown, message: string) => void lines.push(message);
  const admission = createAdmission({
    log: { info: note, warn: note, error: note },
    limits: { ...admissionLimits, writeMs: 60_000, lookupMs: 60_000, ...limits },
    now: () => nowMs,
  });
  const accept = () => new Promise<Accepted>((resolve, reject) => commits.push({ resolve, reject }));
  const intake = admission.limitWrites({ accept, refuse: accept, start: accept });
  return { admission, intake, commits, lines, pass: (ms: number) => (nowMs += ms) };
}

describe("what waits for the database is bounded", () => {
  test("in number: as many are handed over as may be, the next wait, and one more is refused", async () => {
    const { admission, intake, commits } = open({ submitted: 2, waiting: { least: 3, most: 3 } });
    const results = [1, 2, 3].map(() => intake.accept(request));
    expect([commits.length, admission.state().queued]).toEqual([2, 1]);
    expect(admission.turnAway()).toBe("overloaded");
    commits[0]?.resolve(accepted);
    await results[0];
    await expect.poll(() => [commits.length, admission.state().queued]).toEqual([3, 0]);
    expect(admission.turnAway()).toBeUndefined();
    for (const { resolve } of commits) resolve(accepted);
    expect(await Promise.all(results)).toEqual([accepted, accepted, accepted]);
  });

  test("in bytes, until they are given back", () => {
    const { admission } = open({ bytes: 10 });
    const first = admission.meter("a", 10);
    expect(first.take(8)).toBe(true);
    expect(admission.meter("b", 10).take(3)).toBe(false);
    expect(admission.turnAway()).toBe("overloaded");
    first.giveBack();
    expect(admission.state().bytes).toBe(3);
    expect(admission.turnAway()).toBeUndefined();
  });

  test("in bytes that the database still holds after their sender heard that it was too slow", async () => {
    const { admission, intake, commits } = open({ writeMs: 10 });
    await expect(intake.accept(requestOf(7))).rejects.toMatchObject({ reason: "unavailable" });
    expect(admission.state().bytes).toBe(7);
    commits[0]?.resolve(accepted);
    await expect.poll(() => admission.state().bytes).toBe(0);
  });

  test("in bytes at one endpoint, so that those of others find room, however many come to the one", () => {
    const { admission } = open({ bytes: 12, endpointBytes: 4 });
    const take = (endpointId: string, bytes: number) => admission.meter(endpointId, 10).take(bytes);
    expect(take("busy", 3)).toBe(true);
    for (let count = 0; count < 100; count++) expect(take("busy", 2)).toBe(false);
    expect([admission.state().bytes, admission.turnAway()]).toEqual([3, undefined]);
    expect([take("busy", 1), take("other", 4)]).toEqual([true, true]);
  });

  test("in bytes at one endpoint, which may be those of one large body", () => {
    const { admission } = open({ bytes: 12, endpointBytes: 4 });
    const large = admission.meter("a", 10);
    expect([large.take(4), large.take(6)]).toEqual([true, true]);
    expect(admission.meter("a", 10).take(1)).toBe(false);
    large.giveBack();
    large.giveBack();
    expect([admission.state().bytes, admission.meter("a", 10).take(1)]).toEqual([0, true]);
  });

  test("in one turn of the event loop, once there was no room, so that those behind hear it soon", async () => {
    const turn = { ...admissionLimits.turn, least: 1, most: 1 };
    const { admission, intake, commits, pass } = open({ waiting: { least: 1, most: 1 }, turn });
    expect([admission.turnAway(), admission.turnAway()]).toEqual([undefined, undefined]);
    const first = intake.accept(request);
    expect(admission.turnAway()).toBe("overloaded");
    commits[0]?.resolve(accepted);
    await first;
    await nextTurn();
    expect([admission.turnAway(), admission.turnAway()]).toEqual([undefined, "overloaded"]);
    await nextTurn();
    expect(admission.turnAway()).toBeUndefined();
    pass(turn.crowdedMs);
    expect(admission.turnAway()).toBeUndefined();
  });

  test("in time: what was not handed over yet never is, and its sender hears so", async () => {
    const { admission, intake, commits } = open({ submitted: 1, writeMs: 30 });
    const [first, second] = [intake.accept(request), intake.accept(request)];
    await expect(first).rejects.toMatchObject({ reason: "unavailable" });
    await expect(second).rejects.toMatchObject({ reason: "overloaded" });
    commits[0]?.resolve(accepted);
    await expect.poll(() => admission.state().submitted).toBe(0);
    expect(commits).toHaveLength(1);
  });

  test("so are lookups, in number and in time", async () => {
    const { admission } = open({ lookups: 1, lookupMs: 30 });
    const never = () => new Promise(() => undefined);
    const first = admission.lookUp(never);
    await expect(admission.lookUp(never)).rejects.toMatchObject({ reason: "overloaded" });
    await expect(first).rejects.toMatchObject({ reason: "unavailable" });
  });

  test("the database is asked for so many at once, the others wait for their turn, and none that hangs keeps it for long", async () => {
    const { admission } = open({ lookups: 10, lookupsAtOnce: 2, lookupMs: 30 });
    let asked = 0;
    const lookUp = (answer: Promise<unknown>) =>
      admission.lookUp(() => {
        asked++;
        return answer;
      });
    const soon = lookUp(new Promise((resolve) => setTimeout(resolve, 5)));
    const hanging = [1, 2].map(() => expect(lookUp(new Promise(() => undefined))).rejects.toBeInstanceOf(Unavailable));
    expect(asked).toBe(2);
    await soon;
    await expect.poll(() => asked).toBe(3);
    const behind = lookUp(Promise.resolve("found"));
    expect(asked).toBe(3);
    await Promise.all(hanging);
    await expect(behind).resolves.toBe("found");
  });

  test("what is known to be there is looked up however many others are under way", async () => {
    const { admission } = open({ lookups: 1, lookupMs: 30 });
    const made = admission.lookUp(() => new Promise(() => undefined));
    await expect(admission.lookUp(async () => "found", { isKnown: true })).resolves.toBe("found");
    await expect(made).rejects.toMatchObject({ reason: "unavailable" });
  });
});

describe("a database that stands still", () => {
  test("is not told from one that writes a large body until there was time for that", async () => {
    const { admission, intake, commits, pass } = open();
    const large = intake.accept(requestOf(25 * 1_048_576));
    pass(admissionLimits.stalledMs + 10_000);
    expect([admission.turnAway(), admission.state().isStalled]).toEqual([undefined, false]);
    pass(5_000);
    expect(admission.turnAway()).toBe("unavailable");
    commits[0]?.resolve(accepted);
    await large;
  });

  test("turns newcomers away at once, until what was handed to it moves", async () => {
    const { admission, intake, commits, pass } = open();
    const stuck = intake.accept(request);
    pass(999);
    expect(admission.turnAway()).toBeUndefined();
    pass(2);
    expect([admission.turnAway(), admission.state().isStalled]).toEqual(["unavailable", true]);
    commits[0]?.resolve(accepted);
    await stuck;
    await expect.poll(() => admission.turnAway()).toBeUndefined();
  });

  test("that fails says so to each sender and once to the log", async () => {
    const { intake, commits, lines } = open();
    const results = Array.from({ length: 50 }, () => intake.accept(request));
    for (const { reject } of commits) reject(new Error("connection refused"));
    for (const result of await Promise.allSettled(results))
      expect(result).toMatchObject({ status: "rejected", reason: { reason: "unavailable" } });
    expect(lines).toEqual(["webhooks are refused with 503"]);
  });
});

describe("the room to wait in", () => {
  const open = () => {
    let nowMs = 0;
    const room = createWaitingRoom({ least: 10, most: 100, soonMs: 500, calmMs: 5_000, now: () => nowMs });
    return { room, pass: (ms: number) => (nowMs += ms) };
  };

  test("has its limit at first, and grows back to it with what is recorded soon", () => {
    const { room } = open();
    expect(room.size()).toBe(100);
    room.took(501);
    const before = room.size();
    room.took(499);
    expect(room.size()).toBeGreaterThan(before);
    for (let count = 0; count < 1_000; count++) room.took(0);
    expect(room.size()).toBe(100);
  });

  test("shrinks where a request was late, once for all that were late together, and never to nothing", () => {
    const { room, pass } = open();
    for (let count = 0; count < 100; count++) room.took(501);
    expect(room.size()).toBe(70);
    for (let count = 0; count < 100; count++) {
      pass(501);
      room.took(Number.POSITIVE_INFINITY);
    }
    expect(room.size()).toBe(10);
  });

  test("is whole again for the next burst when an outage is over, though nobody came since", () => {
    const { room, pass } = open();
    for (let count = 0; count < 20; count++) {
      pass(501);
      room.took(Number.POSITIVE_INFINITY);
    }
    pass(5_000);
    expect(room.size()).toBe(10);
    pass(1);
    expect(room.size()).toBe(100);
  });
});
