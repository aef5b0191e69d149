-- How many runs may execute at once, which runs wait for one another, and how long an automation's history is kept.

-- Null: the installation's default.
ALTER TABLE "workspaces" ADD COLUMN "max_running_runs" INTEGER,
  ADD CONSTRAINT "workspaces_max_running_runs_check" CHECK ("max_running_runs" BETWEEN 1 AND 100000);

-- Of the published definition; publishing sets them. They hold for runs of every version, so that an old version's runs
-- count too, and a limit that is raised helps the runs that wait already.
ALTER TABLE "automations" ADD COLUMN "concurrency" INTEGER,
  ADD COLUMN "retention_days" INTEGER,
  ADD COLUMN "retention_megabytes" INTEGER,
  ADD CONSTRAINT "automations_concurrency_check" CHECK ("concurrency" BETWEEN 1 AND 1000),
  ADD CONSTRAINT "automations_retention_check" CHECK ("retention_days" > 0 AND "retention_megabytes" > 0);

-- Runs of one automation and key execute one at a time, in the order of their positions. An empty key: no order. Positions
-- come from one sequence and not from ids, because ids follow the clocks of the processes that made them. A run that has
-- begun has position 0, so that it stays first when it is queued again.
CREATE SEQUENCE "runs_order_position_seq" CACHE 1;
ALTER TABLE "runs" ADD COLUMN "order_key" TEXT COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN "order_position" BIGINT NOT NULL DEFAULT 0;

-- The claim walks from automation to automation and from key to key, and reads the first runs of each.
DROP INDEX "runs_queued_idx";
CREATE INDEX "runs_queued_idx" ON "runs" ("workspace_id", "automation_id", "order_key", "order_position", "id") WHERE "status" = 'queued';
-- What runs is counted for each limit. Not on lease_until: running runs are few, and without it a heartbeat writes no index.
DROP INDEX "runs_running_idx";
CREATE INDEX "runs_running_idx" ON "runs" ("workspace_id", "automation_id") WHERE "status" = 'running';
-- Runs that hold their key.
CREATE INDEX "runs_order_held_idx" ON "runs" ("automation_id", "order_key")
  WHERE "order_key" <> '' AND "status" IN ('running', 'waiting', 'needs_review');
