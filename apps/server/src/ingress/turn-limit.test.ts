import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createTurnLimit } from "./turn-limit.ts";

function open() {
  let nowMs = 0;
  const limit = createTurnLimit({ least: 2, most: 5, turnMs: 15, crowdedMs: 1_000, now: () => nowMs });
  /** As many as one turn lets in of ten, where the turn takes so long. */
  async function turn(ms = 1): Promise<number> {
    let count = 0;
    for (let request = 0; request < 10; request++) {
      if (limit.isReached()) continue;
      limit.letIn();
      count++;
    }
    nowMs += ms;
    await nextTurn();
    return count;
  }
  return { limit, turn, pass: (ms: number) => (nowMs += ms) };
}

describe("one turn of the event loop", () => {
  test("lets all in that come, however long it takes, while there is room", async () => {
    const { turn } = open();
    expect([await turn(), await turn(500), await turn()]).toEqual([10, 10, 10]);
  });

  test("lets few in once there was no room, and one more each time that it was short, up to a limit", async () => {
    const { limit, turn } = open();
    limit.crowd();
    expect([await turn(), await turn(15), await turn(), await turn(), await turn()]).toEqual([2, 3, 4, 5, 5]);
  });

  test("lets fewer in when the last one was long, but never none", async () => {
    const { limit, turn } = open();
    limit.crowd();
    for (let count = 0; count < 3; count++) await turn();
    expect(await turn(16)).toBe(5);
    expect([await turn(16), await turn(16), await turn(16), await turn(16), await turn(16)]).toEqual([4, 4, 3, 3, 2]);
  });

  test("lets all in again some time after there was room, even if turns are long and few kept many out until then", async () => {
    const { limit, turn } = open();
    limit.crowd();
    for (let count = 0; count < 10; count++) expect(await turn(100)).toBe(2);
    expect([await turn(100), await turn(100)]).toEqual([10, 10]);
  });

  test("begins with few again when it is the next flood, and lets all in between the two", async () => {
    const { limit, turn, pass } = open();
    limit.crowd();
    for (let count = 0; count < 5; count++) await turn();
    limit.crowd();
    expect(await turn()).toBe(5);
    pass(1_000);
    expect(await turn()).toBe(10);
    limit.crowd();
    expect(await turn()).toBe(2);
  });
});
