import type { Definition } from "@millrace/automation";
import { ApiError, type Automation } from "@millrace/contract";
import { record, redo, startHistory, type UndoHistory, undo } from "./undo-history.ts";

export type SaveState =
  | { kind: "saved"; atMs: number }
  | { kind: "unsaved" }
  | { kind: "saving" }
  /** Somebody else saved a newer draft; `theirs` is what the server has. */
  | { kind: "conflict"; theirs: Automation | undefined }
  | { kind: "refused"; error: ApiError }
  | { kind: "failed"; error: Error };

export type DraftState = {
  /** As the server last answered. */
  automation: Automation;
  history: UndoHistory<Definition>;
  save: SaveState;
};

export type DraftServer = {
  save(definition: Definition, expectedRevision: number): Promise<Automation>;
  load(): Promise<Automation>;
};

type Change = Definition | ((definition: Definition) => Definition);

const saveAfterMs = 600;
const tryAgainAfterMs = 3_000;

/**
 * The draft being edited: changes are kept at once, saved soon after, one request at a time, each based on the revision
 * that the last one made. If somebody else saved meanwhile, nothing is overwritten: the person decides.
 */
export class DraftStore {
  #state: DraftState;
  readonly #server: DraftServer;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> | undefined;
  #savedDefinition: Definition;

  constructor(automation: Automation, server: DraftServer, now: () => number = Date.now) {
    this.#server = server;
    this.#now = now;
    this.#savedDefinition = automation.definition;
    const save: SaveState = { kind: "saved", atMs: Date.parse(automation.updatedAt) };
    this.#state = { automation, history: startHistory(automation.definition), save };
  }

  readonly snapshot = (): DraftState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Changes with one tag that follow each other quickly, such as typing in a field, are one step of undo. */
  change(change: Change, tag = ""): void {
    const { present } = this.#state.history;
    const next = typeof change === "function" ? change(present) : change;
    this.#edit(record(this.#state.history, next, tag, this.#now()));
  }

  undo(): void {
    this.#edit(undo(this.#state.history));
  }

  redo(): void {
    this.#edit(redo(this.#state.history));
  }

  /** A newer answer of the server, from a refetch: taken over unless something is unsaved. */
  offer(automation: Automation): void {
    const mine = this.#state.automation;
    if (automation.draftRevision < mine.draftRevision) return;
    if (automation.draftRevision === mine.draftRevision) this.#set({ automation });
    else if (this.#state.save.kind === "saved") this.#adopt(automation);
  }

  /** Saves what is unsaved. False if it could not be saved. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#saving;
    if (this.#isUnsaved() && this.#state.save.kind !== "conflict") await this.#save();
    return !this.#isUnsaved();
  }

  async takeTheirs(): Promise<void> {
    this.#adopt(await this.#server.load());
  }

  /** Saves over what somebody else saved. */
  async keepMine(): Promise<void> {
    const theirs = await this.#server.load();
    this.#savedDefinition = theirs.definition;
    this.#set({ automation: { ...theirs, definition: this.#state.history.present }, save: { kind: "unsaved" } });
    await this.#save();
  }

  #edit(history: UndoHistory<Definition>): void {
    if (history === this.#state.history) return;
    const isConflict = this.#state.save.kind === "conflict";
    if (!isConflict && !this.#saving && history.present === this.#savedDefinition) {
      // Undone before it was sent, or after it was refused: there is nothing to save.
      clearTimeout(this.#timer);
      this.#set({ history, save: this.#savedBefore() });
      return;
    }
    this.#set({ history, ...(isConflict ? {} : { save: { kind: "unsaved" } as const }) });
    if (!isConflict) this.#saveLater(saveAfterMs);
  }

  #saveLater(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), afterMs);
  }

  #save(): Promise<void> {
    this.#saving = this.#trySave().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #trySave(): Promise<void> {
    const definition = this.#state.history.present;
    this.#set({ save: { kind: "saving" } });
    try {
      const automation = await this.#server.save(definition, this.#state.automation.draftRevision);
      this.#savedDefinition = definition;
      const isCurrent = this.#state.history.present === definition;
      this.#set({ automation, save: isCurrent ? { kind: "saved", atMs: this.#now() } : { kind: "unsaved" } });
      if (!isCurrent) this.#saveLater(saveAfterMs);
    } catch (error) {
      await this.#explain(error);
    }
  }

  async #explain(error: unknown): Promise<void> {
    if (error instanceof ApiError && error.status === 409) {
      this.#set({ save: { kind: "conflict", theirs: undefined } });
      const theirs = await this.#server.load().catch(() => undefined);
      this.#set({ save: { kind: "conflict", theirs } });
    } else if (error instanceof ApiError && (error.status === 422 || error.status === 400)) {
      this.#set({ save: this.#isUnsaved() ? { kind: "refused", error } : this.#savedBefore() });
    } else {
      this.#set({ save: { kind: "failed", error: error instanceof Error ? error : new Error(String(error)) } });
      this.#saveLater(tryAgainAfterMs);
    }
  }

  #savedBefore(): SaveState {
    return { kind: "saved", atMs: Date.parse(this.#state.automation.updatedAt) };
  }

  #isUnsaved(): boolean {
    return this.#state.history.present !== this.#savedDefinition;
  }

  #adopt(automation: Automation): void {
    clearTimeout(this.#timer);
    this.#savedDefinition = automation.definition;
    this.#set({ automation, history: startHistory(automation.definition), save: { kind: "saved", atMs: this.#now() } });
  }

  #set(change: Partial<DraftState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
