-- An eighth of the keys is forgotten each day. The vacuum comes when a twentieth is dead, not a fifth: that is the room that
-- dead keys may take.
ALTER TABLE "dedupe_keys" SET (autovacuum_vacuum_scale_factor = 0.05);
