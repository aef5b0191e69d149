-- A rotated URL goes on with the dedupe keys and the rate limit of the automation's URL before it. Null: it has its own.
ALTER TABLE "endpoints" ADD COLUMN "origin_endpoint_id" TEXT COLLATE "C";
