import type { Json } from "@millrace/base";
import type { Journal, JournalCommit } from "@millrace/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Bench, openBench } from "./testing/bench-worker.ts";

let bench: Bench;
let commits: JournalCommit[];
beforeEach(async () => {
  bench = await openBench();
  commits = [];
});
afterEach(() => bench.close());

const call = (id: string, extra: { [key: string]: Json } = {}): Json => ({
  ...{ id, action: "probe.call", input: { label: id } },
  ...extra,
});
const save = (id: string, value: Json = "x"): Json => ({ id, action: "keyvalue.set", input: { key: "k", value } });
const count = (id: string): Json => ({ id, action: "keyvalue.increment", input: { key: "k" } });

/** What was written together, as `path status` of each record. */
const writes = (): string[][] => commits.map(({ records }) => records.map(({ path, status }) => `${path} ${status}`));

async function runOf(steps: Json[], body: Json = {}) {
  const { journal } = bench.ports;
  const watched: Journal = {
    ...journal,
    commit(entry) {
      commits.push(entry);
      return journal.commit(entry);
    },
  };
  await bench.work({ journal: watched });
  return bench.settled(await bench.start(await bench.publish(steps), body));
}

test("a call is recorded in the transaction of the effect that follows at once, and of the run's end", async () => {
  const run = await runOf([call("send"), save("keep", "{{ steps.send.said }}")]);
  expect(run).toMatchObject({
    status: "succeeded",
    steps: [
      { path: "send", status: "succeeded" },
      { path: "keep", status: "succeeded" },
    ],
  });
  expect(writes()).toEqual([["send succeeded", "keep succeeded"]]);
});

test("a call is recorded before anything else that follows: another call, a branch, a variable", async () => {
  await runOf([
    call("first"),
    call("second"),
    { id: "which", branch: [{ when: "true", steps: [call("third"), { id: "also", set: { a: 1 } }] }] },
    save("keep"),
  ]);
  expect(writes()).toEqual([
    ["first succeeded"],
    ["second succeeded"],
    ["which succeeded", "which[0].third succeeded"],
    ["which[0].also succeeded", "keep succeeded"],
  ]);
});

test("the last call of an arm is recorded with the effect that comes after the branch", async () => {
  await runOf([{ id: "which", branch: [{ when: "true", steps: [call("inside")] }] }, save("keep")]);
  expect(writes()).toEqual([["which succeeded", "which[0].inside succeeded", "keep succeeded"]]);
});

test("a call that is made at most once is recorded at once, whatever follows", async () => {
  await runOf([call("send", { atMostOnce: true }), save("keep")]);
  expect(writes()).toEqual([["send running"], ["send succeeded"], ["keep succeeded"]]);
});

test("a call keeps its record where the effect behind it is refused, or its input cannot be computed", async () => {
  const refused = await runOf([save("text", "no number"), call("send"), count("count")]);
  expect(refused).toMatchObject({
    status: "failed",
    steps: [{ status: "succeeded" }, { path: "send", status: "succeeded" }, { path: "count", status: "failed" }],
  });
  const unmapped = await runOf([call("send"), save("keep", "{{ trigger.body.missing }}")]);
  expect(unmapped).toMatchObject({
    status: "failed",
    steps: [
      { path: "send", status: "succeeded" },
      { path: "keep", status: "failed" },
    ],
  });
});
