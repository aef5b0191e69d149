-- A delivery lists the runs that replay it. There are few, so the index is small and other runs write nothing to it. It is
-- announced here and built for the days that exist by maintenance, as 0012 says.
CREATE INDEX "runs_replay_idx" ON ONLY "runs" ("delivery_id", "id") WHERE "trigger_type" = 'replay';
CREATE INDEX "runs_default_replay_idx" ON "runs_default" ("delivery_id", "id") WHERE "trigger_type" = 'replay';
ALTER INDEX "runs_replay_idx" ATTACH PARTITION "runs_default_replay_idx";
