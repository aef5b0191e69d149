import type { CommitOutcome, Journal } from "@millrace/engine";
import { createGroupCommit } from "../group-commit.ts";
import type { HotPath } from "./hot-path.ts";
import { type PreparedCommit, prepareCommit } from "./prepared-commit.ts";
import { writeCommits } from "./write-commits.ts";

const limits = {
  maxBatch: 100,
  maxConcurrent: 2,
  spacingMs: 8,
  maxQueued: 10_000,
  // An output may have 5 MiB; a batch of them should not become a statement of 500 MiB.
  maxWeight: 8 * 1024 * 1024,
};

/** Commits of many runs share a transaction; those of one run come one after the other. */
export function createJournal(hotPath: HotPath): Journal {
  const writes = createGroupCommit<PreparedCommit, CommitOutcome>({
    ...limits,
    flush: (commits) => writeCommits(hotPath, commits),
    keyOf: ({ commit }) => commit.runId,
    weigh: ({ weight }) => weight,
  });
  return { commit: async (entry) => writes.submit(prepareCommit(entry)) };
}
