import { expect, test } from "vitest";
import { createClosers } from "./closers.ts";

function recorder() {
  const errors: string[] = [];
  const closed: string[] = [];
  const closers = createClosers({ error: (_facts: unknown, message?: string) => void errors.push(message ?? "") });
  const adds = (name: string) =>
    closers.add(name, 1_000, async (manner) => {
      closed.push(`${name} ${manner}`);
    });
  return { errors, closed, closers, adds };
}

test("what was opened last is closed first, once, however often it is asked for", async () => {
  const { closed, closers, adds } = recorder();
  for (const name of ["PostgreSQL", "database", "worker"]) adds(name);
  await Promise.all([closers.close(), closers.close("hurried")]);
  expect(closed).toEqual(["worker orderly", "database orderly", "PostgreSQL orderly"]);
});

test("one that fails and one that never ends keep nothing else open", async () => {
  const { closed, closers, adds, errors } = recorder();
  adds("PostgreSQL");
  closers.add("queue", 20, () => new Promise(() => undefined));
  closers.add("worker", 1_000, () => Promise.reject(new Error("no")));
  await closers.close("hurried");
  expect(closed).toEqual(["PostgreSQL hurried"]);
  expect(errors).toEqual(["could not close worker", "could not close queue"]);
});
