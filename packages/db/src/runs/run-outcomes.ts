import { type RunStatus, runStatuses } from "@millrace/automation";
import { isJsonObject, type Json } from "@millrace/base";
import type { Answer, RespondOutput, RunOutcome, RunOutcomes } from "@millrace/engine";
import type pg from "pg";
import { storedJsonOrNull, storedText, storedTextOrNull } from "../stored-text.ts";

type Row = { id: string; status: string; answer_json: string | null; output_json: string | null };

/**
 * What each run's Respond step recorded first, and what the last step of a succeeded run gave. A run's records are in the
 * partition of its own day, so every look-up is by primary key.
 */
const outcomes = `SELECT r.id, r.status, answer.output_json AS answer_json, last.output_json
  FROM runs r
  LEFT JOIN LATERAL (
    SELECT s.output_json FROM step_records s
    WHERE s.run_id = r.id AND s.kind = 'respond' AND s.status = 'succeeded' ORDER BY s.position LIMIT 1
  ) answer ON true
  LEFT JOIN LATERAL (
    SELECT s.output_json FROM step_records s WHERE s.run_id = r.id ORDER BY s.position DESC LIMIT 1
  ) last ON r.status = 'succeeded' AND answer.output_json IS NULL`;

const ofWorkspaces = `${outcomes} JOIN unnest($1::text[], $2::text[]) AS t(id, workspace_id)
  ON r.id = t.id AND r.workspace_id = t.workspace_id WHERE r.id BETWEEN $3 AND $4`;
const ofOne = `${outcomes} WHERE r.id = $1`;

export function createRunOutcomes(pool: pg.Pool): RunOutcomes {
  return {
    async read(runs) {
      const ids = runs.map(({ runId }) => runId).sort();
      const workspaceIds = new Map(runs.map(({ runId, workspaceId }) => [runId, workspaceId]));
      const { rows } = await pool.query<Row>(ofWorkspaces, [
        ids,
        ids.map((id) => workspaceIds.get(id)),
        ids[0] ?? "",
        ids.at(-1) ?? "",
      ]);
      return rows.map(present);
    },
    async find(runId) {
      const { rows } = await pool.query<Row>(ofOne, [runId]);
      return rows[0] && present(rows[0]);
    },
    async recordAnswer(workspaceId: string, deliveryId: string, { status, body, headers }: Answer, reason?: string) {
      await pool.query(
        `UPDATE deliveries SET answer_status = $3, answer_body = $4, reason = $5, answer_headers_json = $6
         WHERE id = $1 AND workspace_id = $2`,
        [deliveryId, workspaceId, status, storedText(body), storedTextOrNull(reason), storedJsonOrNull(headers)],
      );
    },
  };
}

function present({ id, status, answer_json, output_json }: Row): RunOutcome {
  const answer = answer_json === null ? undefined : readAnswer(JSON.parse(answer_json) as Json);
  return {
    runId: id,
    status: toStatus(status),
    ...(answer === undefined ? {} : { answer }),
    ...(output_json === null ? {} : { output: JSON.parse(output_json) as Json }),
  };
}

function toStatus(text: string): RunStatus {
  const status = runStatuses.find((known) => known === text);
  if (!status) throw new Error(`This release does not know the run status "${text}".`);
  return status;
}

/** A record that another release wrote may look otherwise; then there is no answer. */
function readAnswer(output: Json): RespondOutput | undefined {
  if (!isJsonObject(output)) return undefined;
  const { status, headers, body } = output;
  if (typeof status !== "number" || typeof body !== "string" || !isJsonObject(headers)) return undefined;
  const texts = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return { status, headers: Object.fromEntries(texts), body };
}
