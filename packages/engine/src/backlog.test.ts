import { expect, test } from "vitest";
import { createBacklog } from "./backlog.ts";

function open({ idleMs = Number.POSITIVE_INFINITY } = {}) {
  let time = 0;
  const room = { room: 0, isRoomy: false };
  const backlog = createBacklog({ room: () => room.room, isRoomy: () => room.isRoomy }, idleMs, () => time);
  return {
    backlog,
    give: (free: number, isRoomy = false) => Object.assign(room, { room: free, isRoomy }),
    pass: (ms: number) => {
      time += ms;
    },
    walk(outcome: { isFull?: boolean; sawAll?: boolean } = {}) {
      backlog.beginWalk();
      backlog.endWalk({ isFull: false, sawAll: true, ...outcome });
    },
  };
}

test("a walk waits for room that is worth it, and not for long where there is any", () => {
  const { backlog, give, pass, walk } = open();
  give(50, true);
  expect(backlog.isWalkDue()).toBe(false);
  backlog.note();
  expect([backlog.exists(), backlog.isWalkDue()]).toEqual([true, true]);
  walk({ isFull: true });
  give(1);
  expect([backlog.exists(), backlog.isWalkDue()]).toEqual([true, false]);
  give(50, true);
  expect(backlog.isWalkDue()).toBe(true);
  give(1);
  pass(250);
  expect(backlog.isWalkDue()).toBe(true);
  give(0);
  expect(backlog.isWalkDue()).toBe(false);
  give(1);
  walk();
  pass(60_000);
  expect([backlog.exists(), backlog.isWalkDue()]).toEqual([false, false]);
});

test("a ring that is left while a walk is under way is a reason for another walk", () => {
  const { backlog, give } = open();
  give(50, true);
  backlog.beginWalk();
  backlog.leaveRing();
  backlog.endWalk({ isFull: false, sawAll: true });
  expect([backlog.exists(), backlog.isWalkDue()]).toEqual([true, true]);
});

test("walks that see only a part go on for a while after a ring was left to them, and rings are answered meanwhile", () => {
  const { backlog, give, pass, walk } = open();
  give(50, true);
  backlog.leaveRing();
  for (let passed = 0; passed < 5_000; passed += 250) {
    expect(backlog.isWalkDue()).toBe(true);
    walk({ sawAll: false });
    expect([backlog.exists(), backlog.isWalkDue()]).toEqual([false, false]);
    pass(250);
  }
  walk({ sawAll: false });
  pass(250);
  expect(backlog.isWalkDue()).toBe(false);
  backlog.leaveRing();
  walk({ sawAll: true });
  pass(250);
  expect(backlog.isWalkDue()).toBe(false);
});

test("where nothing was claimed for a while, a walk looks whether anything is there", () => {
  const { backlog, give, pass } = open({ idleMs: 1_000 });
  give(1);
  pass(999);
  expect(backlog.isWalkDue()).toBe(false);
  backlog.claims();
  pass(999);
  expect(backlog.isWalkDue()).toBe(false);
  pass(1);
  expect([backlog.isWalkDue(), backlog.exists()]).toEqual([true, false]);
});
