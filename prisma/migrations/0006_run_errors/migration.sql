-- How often an error of Millrace's own stopped a run without progress in between. After so many it ends.
ALTER TABLE "runs" ADD COLUMN "error_count" INTEGER NOT NULL DEFAULT 0;
