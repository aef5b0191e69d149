import { openTestDatabase } from "@millrace/testing";
import { ensurePartitions } from "../index.ts";
import { newId } from "@millrace/base";
import { test } from "vitest";
import { createRunStore } from "./run-store.ts";

const cases: [number, number, number][] = [[1, 20000, 0],[20, 1000, 0], [20, 1000, 30], [2000, 10, 30], [5000, 4, 5]];
test.each(cases)("%d workspaces × %d runs, %d more days", { timeout: 300_000 }, async (workspaces, each, days) => {
  const db = await openTestDatabase();
  try {
    if (days) await ensurePartitions(db.pool, new Date(), days);
    const ids: string[][] = [[], [], [], []];
    for (let i = 0; i < workspaces; i++) {
      const ws = newId("workspace"), atm = newId("automation");
      for (let j = 0; j < each; j++) { ids[0]!.push(newId("run")); ids[1]!.push(ws); ids[2]!.push(atm); ids[3]!.push(newId("event")); }
    }
    await db.pool.query(`INSERT INTO workspaces (id, name) SELECT DISTINCT w, 'W' FROM unnest($1::text[]) w`, [ids[1]]);
    await db.pool.query(`INSERT INTO automations (id, workspace_id, name, draft_json, updated_at) SELECT DISTINCT a, w, 'A', '{}', now() FROM unnest($1::text[], $2::text[]) t(a, w)`, [ids[2], ids[1]]);
    await db.pool.query(`INSERT INTO events (id, workspace_id, method, query, headers_json, body, received_at) SELECT e, w, 'POST', '', '[]', '', now() FROM unnest($1::text[], $2::text[]) t(e, w)`, [ids[3], ids[1]]);
    await db.pool.query(`INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, trigger_type, origin_run_id, queued_at)
      SELECT r, w, a, 'v', e, 'manual', r, now() FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) t(r, w, a, e)`, ids);
    await db.pool.query("VACUUM ANALYZE runs");
    const store = createRunStore(db.pool);
    for (const limit of [10, 100]) {
      const times: number[] = []; let n = 0;
      for (let i = 0; i < 12; i++) { const t = performance.now(); n += (await store.claim({ workerId: "w", leaseMs: 60000, limit })).length; times.push(performance.now() - t); }
      times.sort((a, b) => a - b);
      console.log(`COST ws=${workspaces} each=${each} days=${days} limit=${limit} took=${n / 12} median=${times[6]!.toFixed(1)} max=${times[11]!.toFixed(1)}`);
    }
  } finally { await db.close(); }
});
