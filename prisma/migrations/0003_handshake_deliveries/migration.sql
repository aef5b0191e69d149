-- A provider's question whether a URL is ours is answered and starts no run: a verdict of its own.
-- Not validated in the statement that locks the table: every row meets the old, stricter list already.
ALTER TABLE "deliveries" DROP CONSTRAINT "deliveries_verdict_check";
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_verdict_check"
  CHECK ("verdict" IN ('accepted', 'duplicate', 'filtered', 'rejected', 'handshake')) NOT VALID;
ALTER TABLE "deliveries" VALIDATE CONSTRAINT "deliveries_verdict_check";
