import { expect, test } from "vitest";
import { createCrowding } from "./crowding.ts";

function open() {
  let time = 0;
  let share = 0;
  const crowding = createCrowding({ now: () => time, busyShareSinceLast: () => share });
  const allowed = () => crowding.allowed(200);
  const pass = (ms: number, busy: number) => {
    time += ms;
    share = busy;
    return allowed();
  };
  return { ...crowding, pass };
}

test("one workspace has all the room, however busy the process is", () => {
  const { note, pass } = open();
  for (let run = 0; run < 10; run++) note("ws_a");
  expect(pass(1_000, 1)).toBe(200);
});

test("several have all the room while runs wait for others, and an eighth while they wait for the processor", () => {
  const { note, pass } = open();
  note("ws_a");
  note("ws_b");
  expect(pass(1_000, 0.5)).toBe(200);
  expect(pass(1_000, 0.95)).toBe(25);
  expect(pass(10, 0.1)).toBe(25);
  expect(pass(1_000, 0.1)).toBe(200);
});

test("whoever was not seen for a minute is nobody to be fair to", () => {
  const { note, pass } = open();
  note("ws_a");
  note("ws_b");
  expect(pass(59_000, 1)).toBe(25);
  note("ws_a");
  expect(pass(2_000, 1)).toBe(200);
});
