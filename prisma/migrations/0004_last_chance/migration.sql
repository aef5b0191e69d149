-- Runs that killed their workers are claimed on their own, before one more crash ends them. There are hardly ever any.
CREATE INDEX "runs_last_chance_idx" ON "runs" ("id") WHERE "status" = 'queued' AND "crash_count" >= 2;
