import type { CommitOutcome, Journal, JournalCommit } from "@millrace/engine";
import { createGroupCommit } from "../group-commit.ts";
import type { HotPath } from "./hot-path.ts";
import { writeCommits } from "./write-commits.ts";

const limits = { maxBatch: 100, maxConcurrent: 2, spacingMs: 8, maxQueued: 10_000 };

/** Commits of many runs share a transaction; those of one run come one after the other. */
export function createJournal(hotPath: HotPath): Journal {
  const writes = createGroupCommit<JournalCommit, CommitOutcome>({
    ...limits,
    flush: (commits) => writeCommits(hotPath, commits),
    keyOf: ({ runId }) => runId,
  });
  return { commit: (entry) => writes.submit(entry) };
}
