-- Ids are text in collation "C": they sort by the time they were made, whatever the database's own collation is.

-- People ------------------------------------------------------------------------------------------------------------

CREATE TABLE "users" (
  "id" TEXT COLLATE "C" NOT NULL,
  "name" TEXT NOT NULL,
  "email" TEXT NOT NULL,
  "email_verified" BOOLEAN NOT NULL DEFAULT false,
  "image" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "users_email_key" ON "users" ("email");

CREATE TABLE "sessions" (
  "id" TEXT COLLATE "C" NOT NULL,
  "token" TEXT COLLATE "C" NOT NULL,
  "user_id" TEXT COLLATE "C" NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "ip_address" TEXT,
  "user_agent" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "sessions_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "sessions_token_key" ON "sessions" ("token");
CREATE INDEX "sessions_user_id_idx" ON "sessions" ("user_id");

CREATE TABLE "accounts" (
  "id" TEXT COLLATE "C" NOT NULL,
  "account_id" TEXT COLLATE "C" NOT NULL,
  "provider_id" TEXT NOT NULL,
  "user_id" TEXT COLLATE "C" NOT NULL,
  "access_token" TEXT,
  "refresh_token" TEXT,
  "id_token" TEXT,
  "access_token_expires_at" TIMESTAMPTZ(3),
  "refresh_token_expires_at" TIMESTAMPTZ(3),
  "scope" TEXT,
  "password" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "accounts_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "accounts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "accounts_user_id_idx" ON "accounts" ("user_id");

CREATE TABLE "verifications" (
  "id" TEXT COLLATE "C" NOT NULL,
  "identifier" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "verifications_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "verifications_identifier_idx" ON "verifications" ("identifier");

CREATE TABLE "workspaces" (
  "id" TEXT COLLATE "C" NOT NULL,
  "name" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "workspaces_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "members" (
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "user_id" TEXT COLLATE "C" NOT NULL,
  "role" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "members_pkey" PRIMARY KEY ("workspace_id", "user_id"),
  CONSTRAINT "members_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspaces" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "members_role_check" CHECK ("role" IN ('owner', 'editor', 'operator', 'viewer'))
);

CREATE TABLE "api_keys" (
  "id" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "name" TEXT NOT NULL,
  "hint" TEXT NOT NULL,
  "key_hash" BYTEA NOT NULL,
  "scopes" TEXT[],
  "created_by" TEXT COLLATE "C",
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_used_at" TIMESTAMPTZ(3),
  "expires_at" TIMESTAMPTZ(3),
  "revoked_at" TIMESTAMPTZ(3),
  CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "api_keys_key_hash_key" ON "api_keys" ("key_hash");
CREATE INDEX "api_keys_workspace_id_idx" ON "api_keys" ("workspace_id");

CREATE TABLE "setup_token" (
  "id" INTEGER NOT NULL DEFAULT 1,
  "token_hash" BYTEA NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "used_at" TIMESTAMPTZ(3),
  CONSTRAINT "setup_token_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "setup_token_single_check" CHECK ("id" = 1)
);

-- What people build -------------------------------------------------------------------------------------------------

CREATE TABLE "automations" (
  "id" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "name" TEXT NOT NULL,
  "enabled" BOOLEAN NOT NULL DEFAULT true,
  "draft_json" TEXT NOT NULL,
  "draft_revision" INTEGER NOT NULL DEFAULT 1,
  "published_version_id" TEXT COLLATE "C",
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  "deleted_at" TIMESTAMPTZ(3),
  CONSTRAINT "automations_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "automations_workspace_id_updated_at_idx" ON "automations" ("workspace_id", "updated_at");

CREATE TABLE "versions" (
  "id" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "automation_id" TEXT COLLATE "C" NOT NULL,
  "number" INTEGER NOT NULL,
  "definition_json" TEXT NOT NULL,
  "published_by" TEXT COLLATE "C",
  "published_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "versions_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "versions_automation_id_fkey" FOREIGN KEY ("automation_id") REFERENCES "automations" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "versions_automation_id_number_key" ON "versions" ("automation_id", "number");

CREATE TABLE "endpoints" (
  "id" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "automation_id" TEXT COLLATE "C" NOT NULL,
  "token_hash" BYTEA NOT NULL,
  "sealed_token" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3),
  CONSTRAINT "endpoints_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "endpoints_token_hash_key" ON "endpoints" ("token_hash");
CREATE INDEX "endpoints_automation_id_idx" ON "endpoints" ("automation_id");

CREATE TABLE "connections" (
  "id" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "connector_id" TEXT COLLATE "C" NOT NULL,
  "name" TEXT COLLATE "C" NOT NULL,
  "version" INTEGER NOT NULL DEFAULT 1,
  "sealed_json" TEXT NOT NULL,
  "fields_json" TEXT NOT NULL,
  "kek_id" TEXT COLLATE "C" NOT NULL,
  "health" TEXT NOT NULL DEFAULT 'unknown',
  "health_json" TEXT,
  "checked_at" TIMESTAMPTZ(3),
  "last_used_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "connections_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "connections_health_check" CHECK ("health" IN ('unknown', 'ok', 'failing'))
);
CREATE UNIQUE INDEX "connections_workspace_id_connector_id_name_key" ON "connections" ("workspace_id", "connector_id", "name");
CREATE INDEX "connections_kek_id_idx" ON "connections" ("kek_id");

CREATE TABLE "vault_key_checks" (
  "kek_id" TEXT COLLATE "C" NOT NULL,
  "check" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "vault_key_checks_pkey" PRIMARY KEY ("kek_id")
);

CREATE TABLE "key_values" (
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "key" TEXT COLLATE "C" NOT NULL,
  "value_json" TEXT NOT NULL,
  "version" BIGINT NOT NULL DEFAULT 1,
  "expires_at" TIMESTAMPTZ(3),
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_by_run_id" TEXT COLLATE "C",
  CONSTRAINT "key_values_pkey" PRIMARY KEY ("workspace_id", "key")
) WITH (fillfactor = 80);

-- What happens ------------------------------------------------------------------------------------------------------
-- Partitioned by day on the leading id; packages/db/src/partitions.ts makes and drops the partitions. A default
-- partition takes what no day covers, so that a wrong clock costs order and never a row.

CREATE TABLE "events" (
  "id" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "method" TEXT NOT NULL,
  "query" TEXT NOT NULL,
  "headers_json" TEXT NOT NULL,
  "content_type" TEXT,
  "body" BYTEA NOT NULL,
  "received_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "events_pkey" PRIMARY KEY ("id")
) PARTITION BY RANGE ("id");
CREATE TABLE "events_default" PARTITION OF "events" DEFAULT;

CREATE TABLE "deliveries" (
  "id" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "endpoint_id" TEXT COLLATE "C" NOT NULL,
  "automation_id" TEXT COLLATE "C" NOT NULL,
  "event_id" TEXT COLLATE "C",
  "run_id" TEXT COLLATE "C",
  "verdict" TEXT NOT NULL,
  "reason" TEXT,
  "dedupe_key" TEXT COLLATE "C",
  "method" TEXT NOT NULL,
  "content_type" TEXT,
  "size_bytes" INTEGER NOT NULL,
  "source_ip" TEXT,
  "answer_status" INTEGER NOT NULL,
  "answer_body" TEXT NOT NULL,
  "received_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "deliveries_verdict_check" CHECK ("verdict" IN ('accepted', 'duplicate', 'filtered', 'rejected')),
  CONSTRAINT "deliveries_run_check" CHECK (("verdict" IN ('accepted', 'duplicate')) = ("run_id" IS NOT NULL))
) PARTITION BY RANGE ("id");
CREATE INDEX "deliveries_workspace_id_id_idx" ON "deliveries" ("workspace_id", "id");
CREATE INDEX "deliveries_automation_id_id_idx" ON "deliveries" ("automation_id", "id");
CREATE TABLE "deliveries_default" PARTITION OF "deliveries" DEFAULT;

-- Not partitioned: one key may be seen again on another day.
CREATE TABLE "dedupe_keys" (
  "endpoint_id" TEXT COLLATE "C" NOT NULL,
  "key_hash" BYTEA NOT NULL,
  "run_id" TEXT COLLATE "C" NOT NULL,
  "body_hash" BYTEA NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "dedupe_keys_pkey" PRIMARY KEY ("endpoint_id", "key_hash")
);
CREATE INDEX "dedupe_keys_created_at_idx" ON "dedupe_keys" ("created_at");

CREATE TABLE "runs" (
  "id" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "automation_id" TEXT COLLATE "C" NOT NULL,
  "version_id" TEXT COLLATE "C" NOT NULL,
  "event_id" TEXT COLLATE "C" NOT NULL,
  "delivery_id" TEXT COLLATE "C",
  "trigger_type" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'queued',
  "reason_json" TEXT,
  "due_at" TIMESTAMPTZ(3),
  "lease_owner" TEXT,
  "lease_until" TIMESTAMPTZ(3),
  "fence" INTEGER NOT NULL DEFAULT 0,
  "crash_count" INTEGER NOT NULL DEFAULT 0,
  "origin_run_id" TEXT COLLATE "C" NOT NULL,
  "retry_of_run_id" TEXT COLLATE "C",
  "failure_json" TEXT,
  "failure_code" TEXT,
  "failed_path" TEXT,
  "queued_at" TIMESTAMPTZ(3) NOT NULL,
  "started_at" TIMESTAMPTZ(3),
  "finished_at" TIMESTAMPTZ(3),
  CONSTRAINT "runs_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "runs_status_check" CHECK ("status" IN ('queued', 'running', 'waiting', 'succeeded', 'failed', 'canceled', 'needs_review')),
  CONSTRAINT "runs_lease_check" CHECK (("status" = 'running') = ("lease_owner" IS NOT NULL) AND ("status" = 'running') = ("lease_until" IS NOT NULL)),
  CONSTRAINT "runs_due_check" CHECK (("status" = 'waiting') = ("due_at" IS NOT NULL)),
  CONSTRAINT "runs_reason_check" CHECK ("status" NOT IN ('waiting', 'needs_review', 'canceled') OR "reason_json" IS NOT NULL),
  CONSTRAINT "runs_failure_check" CHECK (("status" = 'failed') = ("failure_json" IS NOT NULL)),
  CONSTRAINT "runs_finished_check" CHECK (("status" IN ('succeeded', 'failed', 'canceled')) = ("finished_at" IS NOT NULL))
) PARTITION BY RANGE ("id");
CREATE INDEX "runs_workspace_id_id_idx" ON "runs" ("workspace_id", "id");
CREATE INDEX "runs_automation_id_id_idx" ON "runs" ("automation_id", "id");
-- The claim walks the workspaces that have queued runs, so the workspace leads.
CREATE INDEX "runs_queued_idx" ON "runs" ("workspace_id", "id") WHERE "status" = 'queued';
-- Not on lease_until: running runs are few, and without it a heartbeat writes no index.
CREATE INDEX "runs_running_idx" ON "runs" ("id") WHERE "status" = 'running';
CREATE INDEX "runs_waiting_idx" ON "runs" ("due_at") WHERE "status" = 'waiting';
CREATE INDEX "runs_needs_review_idx" ON "runs" ("id") WHERE "status" = 'needs_review';
-- Lists of what went wrong, without walking a million runs that did not.
CREATE INDEX "runs_problem_idx" ON "runs" ("workspace_id", "id") WHERE "status" IN ('failed', 'canceled', 'needs_review');
CREATE INDEX "runs_retry_of_run_id_idx" ON "runs" ("retry_of_run_id") WHERE "retry_of_run_id" IS NOT NULL;
CREATE TABLE "runs_default" PARTITION OF "runs" DEFAULT WITH (fillfactor = 70);

CREATE FUNCTION "refuse_status_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'run % has ended as % and can never become %', OLD."id", OLD."status", NEW."status"
    USING ERRCODE = 'check_violation', CONSTRAINT = 'runs_terminal_check';
END
$$;
CREATE TRIGGER "runs_terminal_check" BEFORE UPDATE ON "runs" FOR EACH ROW
  WHEN (OLD."status" IN ('succeeded', 'failed', 'canceled') AND NEW."status" <> OLD."status")
  EXECUTE FUNCTION "refuse_status_change"();

CREATE TABLE "step_records" (
  "run_id" TEXT COLLATE "C" NOT NULL,
  "path" TEXT COLLATE "C" NOT NULL,
  "workspace_id" TEXT COLLATE "C" NOT NULL,
  "position" INTEGER NOT NULL,
  "step_id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "action" TEXT,
  "status" TEXT NOT NULL,
  "input_json" TEXT,
  "output_json" TEXT,
  "failure_json" TEXT,
  "warnings_json" TEXT,
  "attempts_json" TEXT NOT NULL DEFAULT '[]',
  "idempotency_key" TEXT,
  "reused_from_run_id" TEXT COLLATE "C",
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "finished_at" TIMESTAMPTZ(3),
  CONSTRAINT "step_records_pkey" PRIMARY KEY ("run_id", "path"),
  CONSTRAINT "step_records_status_check" CHECK ("status" IN ('running', 'waiting', 'succeeded', 'failed', 'skipped', 'needs_review'))
) PARTITION BY RANGE ("run_id");
CREATE TABLE "step_records_default" PARTITION OF "step_records" DEFAULT;
