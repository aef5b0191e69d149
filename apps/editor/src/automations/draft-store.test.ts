import type { Definition } from "@millrace/automation";
import { ApiError, type Automation } from "@millrace/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type DraftServer, DraftStore } from "./draft-store.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const definition: Definition = { millrace: 1, name: "Example", trigger: { type: "webhook" }, steps: [] };
const named = (name: string) => (old: Definition) => ({ ...old, name });

const automation: Automation = {
  id: "atm_01",
  name: "Example",
  enabled: true,
  triggerType: "webhook",
  draftRevision: 1,
  published: null,
  hasUnpublishedChanges: true,
  editorUrl: "",
  createdAt: "2026-03-01T12:00:00Z",
  updatedAt: "2026-03-01T12:00:00Z",
  definition,
  webhookUrl: null,
  curl: null,
  sampleBody: {},
  issues: [],
};

/** Keeps one draft as the API does: a save that is based on an old revision is refused. */
class RememberingServer implements DraftServer {
  current = automation;
  saves: string[] = [];
  failWith: ApiError | undefined;
  /** A save that has begun waits for this. */
  gate = Promise.resolve();

  async save(next: Definition, expectedRevision: number): Promise<Automation> {
    await this.gate;
    if (this.failWith) throw this.failWith;
    if (expectedRevision !== this.current.draftRevision) throw problem(409, "draft_changed");
    this.saves.push(next.name);
    this.current = { ...this.current, definition: next, name: next.name, draftRevision: expectedRevision + 1 };
    return this.current;
  }

  async load(): Promise<Automation> {
    return this.current;
  }
}

const problem = (status: number, code: string) => new ApiError({ status, code, title: code, detail: code });

test("saves soon after the last of several changes, once", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  store.change(named("A"), "name");
  store.change(named("AB"), "name");
  expect(store.snapshot().save.kind).toBe("unsaved");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.saves).toEqual(["AB"]);
  expect(store.snapshot().save.kind).toBe("saved");
  expect(store.snapshot().automation.draftRevision).toBe(2);
});

test("bases each save on the revision that the last one made", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  store.change(named("A"));
  await store.flush();
  store.change(named("B"));
  await store.flush();
  expect(server.saves).toEqual(["A", "B"]);
});

test("saves again what changed while it was saving", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  store.change(named("A"));
  let open = () => {};
  server.gate = new Promise((resolve) => {
    open = resolve;
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(store.snapshot().save.kind).toBe("saving");
  store.change(named("B"));
  open();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(server.saves).toEqual(["A", "B"]);
  expect(store.snapshot().save.kind).toBe("saved");
});

test("overwrites nothing when somebody else saved meanwhile", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  await server.save({ ...definition, name: "Theirs" }, 1);
  store.change(named("Mine"));
  expect(await store.flush()).toBe(false);
  expect(store.snapshot().save).toMatchObject({ kind: "conflict", theirs: { name: "Theirs" } });
  store.change(named("Mine too"));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(server.current.name).toBe("Theirs");
});

test("takes theirs, or keeps mine, as the person says", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  await server.save({ ...definition, name: "Theirs" }, 1);
  store.change(named("Mine"));
  await store.flush();
  await store.keepMine();
  expect(server.current.name).toBe("Mine");

  const other = new DraftStore(automation, server);
  other.change(named("Other"));
  await other.flush();
  await other.takeTheirs();
  expect(other.snapshot().history.present.name).toBe("Mine");
  expect(other.snapshot().save.kind).toBe("saved");
});

test("keeps trying when the server does not answer", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  server.failWith = problem(0, "unreachable");
  store.change(named("A"));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(store.snapshot().save.kind).toBe("failed");
  server.failWith = undefined;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.saves).toEqual(["A"]);
});

test("says what the server refused and saves once it is mended", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  server.failWith = problem(422, "definition_invalid");
  store.change(named(""));
  await store.flush();
  expect(store.snapshot().save.kind).toBe("refused");
  server.failWith = undefined;
  store.change(named("A"));
  await store.flush();
  expect(server.saves).toEqual(["A"]);
});

test("takes a refetched draft over only if nothing is unsaved", () => {
  const store = new DraftStore(automation, new RememberingServer());
  const newer = { ...automation, draftRevision: 5, definition: { ...definition, name: "Newer" } };
  store.change(named("Mine"));
  store.offer(newer);
  expect(store.snapshot().history.present.name).toBe("Mine");
  const clean = new DraftStore(automation, new RememberingServer());
  clean.offer(newer);
  expect(clean.snapshot().history.present.name).toBe("Newer");
});

test("undo is a change that is saved", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  store.change(named("A"));
  await store.flush();
  store.undo();
  await store.flush();
  expect(server.saves).toEqual(["A", "Example"]);
});

test("a change that is undone before it is sent, or after it was refused, leaves nothing to save", async () => {
  const server = new RememberingServer();
  const store = new DraftStore(automation, server);
  store.change(named("A"));
  store.undo();
  expect(store.snapshot().save.kind).toBe("saved");
  server.failWith = problem(422, "invalid_definition");
  store.change(named("B"));
  await store.flush();
  expect(store.snapshot().save.kind).toBe("refused");
  store.undo();
  expect(store.snapshot().save).toEqual({ kind: "saved", atMs: Date.parse(automation.updatedAt) });

  store.change(named("C"));
  const sending = store.flush();
  store.undo();
  await sending;
  expect(store.snapshot().save.kind).toBe("saved");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(server.saves).toEqual([]);
});
