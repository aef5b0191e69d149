-- Lists of what is rare, without a walk over what is not: requests that started no run, and what went wrong in one automation.
-- On the tables themselves they are only announced, which takes a moment whatever is stored. Days to come are made with
-- them; for those that exist, maintenance builds them beside the writes (packages/db/src/partitions/complete-indexes.ts).
CREATE INDEX "deliveries_refused_idx" ON ONLY "deliveries" ("workspace_id", "verdict", "id") WHERE "verdict" <> 'accepted';
CREATE INDEX "deliveries_automation_refused_idx" ON ONLY "deliveries" ("automation_id", "verdict", "id") WHERE "verdict" <> 'accepted';
CREATE INDEX "runs_automation_problem_idx" ON ONLY "runs" ("automation_id", "status", "id")
  WHERE "status" IN ('failed', 'canceled', 'needs_review');

-- The default partitions hold next to nothing.
CREATE INDEX "deliveries_default_refused_idx" ON "deliveries_default" ("workspace_id", "verdict", "id") WHERE "verdict" <> 'accepted';
ALTER INDEX "deliveries_refused_idx" ATTACH PARTITION "deliveries_default_refused_idx";
CREATE INDEX "deliveries_default_automation_refused_idx" ON "deliveries_default" ("automation_id", "verdict", "id") WHERE "verdict" <> 'accepted';
ALTER INDEX "deliveries_automation_refused_idx" ATTACH PARTITION "deliveries_default_automation_refused_idx";
CREATE INDEX "runs_default_automation_problem_idx" ON "runs_default" ("automation_id", "status", "id")
  WHERE "status" IN ('failed', 'canceled', 'needs_review');
ALTER INDEX "runs_automation_problem_idx" ATTACH PARTITION "runs_default_automation_problem_idx";
