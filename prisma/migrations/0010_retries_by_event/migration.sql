-- Retention asks which events other runs still need: all retries of a run share its event. Few runs are retries. It is
-- announced here and built for the days that exist by maintenance, as 0012 says.
CREATE INDEX "runs_retry_event_id_idx" ON ONLY "runs" ("event_id") WHERE "retry_of_run_id" IS NOT NULL;
CREATE INDEX "runs_default_retry_event_id_idx" ON "runs_default" ("event_id") WHERE "retry_of_run_id" IS NOT NULL;
ALTER INDEX "runs_retry_event_id_idx" ATTACH PARTITION "runs_default_retry_event_id_idx";
