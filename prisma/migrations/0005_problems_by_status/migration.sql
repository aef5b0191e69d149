-- Lists ask for one status at a time: with the status in front, a list of what is rare does not walk over what is not.
CREATE INDEX "runs_problem_status_idx" ON "runs" ("workspace_id", "status", "id") WHERE "status" IN ('failed', 'canceled', 'needs_review');
DROP INDEX "runs_problem_idx";
