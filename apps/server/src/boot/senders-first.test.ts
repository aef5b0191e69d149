import { expect, test } from "vitest";
import { sendersFirst } from "./senders-first.ts";

const isOver = (waiting: Promise<void>) =>
  Promise.race([waiting.then(() => true), new Promise<false>((resolve) => setTimeout(() => resolve(false), 200))]);

test("the rest of a process is loaded once the webhooks that waited are answered", async () => {
  let onTheirWay = 0;
  const waiting = sendersFirst(() => onTheirWay > 0);
  // They come while it already waits, as those who try again do.
  onTheirWay = 2;
  expect(await isOver(waiting)).toBe(false);
  onTheirWay = 0;
  expect(await isOver(waiting)).toBe(true);
});

test("webhooks that never stop do not keep the rest from being loaded", async () => {
  let looks = 0;
  await sendersFirst(() => ++looks > 0);
  expect(looks).toBeGreaterThan(1);
});

test("without a sender the rest is loaded after one look", async () => {
  let looks = 0;
  await sendersFirst(() => ++looks > 1);
  expect(looks).toBe(1);
});
