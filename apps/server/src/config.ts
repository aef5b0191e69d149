import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { parseEnv } from "@millrace/base";
import { redisNodes } from "@millrace/queue";
import { z } from "zod";
import { readSecretFiles } from "./read-secret-files.ts";

const roles = ["ingress", "api", "worker"] as const;
export type Role = (typeof roles)[number];

const port = z.coerce.number("expected a port number").int("expected a whole number").min(0).max(65_535);

const redisUrl = z.url({ protocol: /^rediss?$/ });

const environment = z.object({
  PORT: port.default(4400).meta({ example: "4400" }),
  HOST: z.string().default("127.0.0.1").meta({ example: "127.0.0.1" }),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: "expected an http or https URL" })
    .optional()
    .meta({ example: "https://millrace.example.com" }),
  MILLRACE_HOME: z.string().default(".millrace").meta({ example: ".millrace" }),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: "expected a PostgreSQL URL" })
    .optional()
    .meta({ example: "postgresql://millrace:secret@db:5432/millrace" }),
  DATABASE_WAIT_SECONDS: z.coerce
    .number("expected a number of seconds")
    .int("expected a whole number of seconds")
    .min(0, "expected 0 or more seconds")
    .max(3_600, "expected at most 3600 seconds")
    .default(30)
    .meta({ example: "30" }),
  REDIS_URL: z
    .string()
    .refine(
      (urls) => redisNodes(urls).every((url) => redisUrl.safeParse(url).success),
      "expected a Redis URL, or those of several nodes of a Redis Cluster, separated by commas",
    )
    .optional()
    .meta({ example: "redis://redis:6379" }),
  QUEUE_SHARDS: z.coerce
    .number("expected a number of queues")
    .int("expected a whole number of queues")
    .min(1, "expected at least 1")
    .max(64, "expected at most 64")
    .default(1)
    .meta({ example: "1" }),
  MILLRACE_ROLES: z
    .string()
    .default(roles.join(","))
    .transform((text) => text.split(",").map((role) => role.trim()))
    .pipe(z.array(z.enum(roles, "expected some of ingress, api and worker, separated by commas")).min(1))
    .meta({ example: "ingress,api,worker" }),
  VAULT_KEYS: z.string().optional().meta({ example: "k1:<base64 of 32 random bytes>" }),
  MILLRACE_OWNER_EMAIL: z.email("expected an e-mail address").optional().meta({ example: "ada@example.com" }),
  MILLRACE_OWNER_PASSWORD: z
    .string()
    .min(10, "expected at least 10 characters")
    .optional()
    .meta({ example: "<at least 10 characters>" }),
  MILLRACE_API_KEY: z.string().min(20, "expected at least 20 characters").optional().meta({ example: "mlr_<random>" }),
  ANTHROPIC_BASE_URL: z
    .url({ protocol: /^https?$/, error: "expected an http or https URL" })
    .optional()
    .meta({ example: "https://api.anthropic.com" }),
  ANTHROPIC_DEFAULT_MODEL: z.string().min(1).default("claude-sonnet-5-5").meta({ example: "claude-sonnet-5-5" }),
  EGRESS_ALLOW: z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ""),
    )
    .meta({ example: "10.0.0.0/8,internal.example.com" }),
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(1_000).default(200).meta({ example: "200" }),
  WORKSPACE_MAX_RUNNING: z.coerce
    .number("expected a whole number")
    .int("expected a whole number")
    .min(1, "expected 1 or more")
    .max(100_000, "expected at most 100000")
    .optional()
    .meta({ example: "50" }),
  RUN_RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(30).meta({ example: "30" }),
  TRUST_PROXY: z.coerce.number().int().min(0).max(10).default(0).meta({ example: "1" }),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: "expected an http or https URL" })
    .optional()
    .meta({ example: "http://collector:4318" }),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number("expected a number from 0 to 1")
    .min(0, "expected a number from 0 to 1")
    .max(1, "expected a number from 0 to 1")
    .default(1)
    .meta({ example: "0.1" }),
  METRICS_TOKEN: z.string().min(16, "expected at least 16 characters").optional().meta({ example: "<random>" }),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error", "silent"]).default("info").meta({ example: "info" }),
});

export type Config = {
  host: string;
  port: number;
  /** Without a slash at the end; absent until the port is known. */
  publicUrl: string | undefined;
  /** Absolute. */
  home: string;
  databaseUrl: string | undefined;
  /** How long a start waits for a database that does not answer yet. */
  databaseWaitMs: number;
  redisUrl: string | undefined;
  /** Over how many queues the workspaces are spread. */
  queueShards: number;
  roles: ReadonlySet<Role>;
  vaultKeys: string | undefined;
  owner: { email: string; password: string } | undefined;
  apiKey: string | undefined;
  anthropic: { baseUrl: string | undefined; defaultModel: string };
  egressAllow: readonly string[];
  workerConcurrency: number;
  /** How many runs a workspace without a limit of its own executes at once; null: any number. */
  defaultMaxRunning: number | null;
  /** Days after which runs, deliveries and events are dropped. */
  retentionDays: number;
  /** How many proxies stand before us, for the sender's address. */
  trustedProxies: number;
  /** Absent: no traces. */
  traces: { endpoint: string; sampledShare: number } | undefined;
  /** What `/metrics` is asked with; absent: it answers everyone. */
  metricsToken: string | undefined;
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
};

/** Nothing outside this file reads the environment. Throws ConfigError. `root` is what a relative MILLRACE_HOME starts from. */
export function readConfig(env: Record<string, string | undefined>, root: string): Config {
  const parsed = parseEnv(environment, readSecretFiles(env));
  const email = parsed.MILLRACE_OWNER_EMAIL;
  const password = parsed.MILLRACE_OWNER_PASSWORD;
  return {
    host: parsed.HOST,
    port: parsed.PORT,
    publicUrl: parsed.PUBLIC_URL?.replace(/\/+$/, ""),
    home: absolute(parsed.MILLRACE_HOME, root),
    databaseUrl: parsed.DATABASE_URL,
    databaseWaitMs: parsed.DATABASE_WAIT_SECONDS * 1_000,
    redisUrl: parsed.REDIS_URL,
    queueShards: parsed.QUEUE_SHARDS,
    roles: new Set(parsed.MILLRACE_ROLES),
    vaultKeys: parsed.VAULT_KEYS,
    owner: email !== undefined && password !== undefined ? { email, password } : undefined,
    apiKey: parsed.MILLRACE_API_KEY,
    anthropic: { baseUrl: parsed.ANTHROPIC_BASE_URL, defaultModel: parsed.ANTHROPIC_DEFAULT_MODEL },
    egressAllow: parsed.EGRESS_ALLOW,
    workerConcurrency: parsed.WORKER_CONCURRENCY,
    defaultMaxRunning: parsed.WORKSPACE_MAX_RUNNING ?? null,
    retentionDays: parsed.RUN_RETENTION_DAYS,
    trustedProxies: parsed.TRUST_PROXY,
    traces:
      parsed.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : { endpoint: parsed.OTEL_EXPORTER_OTLP_ENDPOINT, sampledShare: parsed.OTEL_TRACES_SAMPLER_ARG },
    metricsToken: parsed.METRICS_TOKEN,
    logLevel: parsed.LOG_LEVEL,
  };
}

function absolute(path: string, root: string): string {
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(root, path);
}
