/**
 * A small machine's settings. Durability is PostgreSQL's own default and stands here so that no environment weakens it:
 * an acknowledged delivery must survive a crash.
 */
const defaults = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "128MB",
  max_locks_per_transaction: "256", // a query that can't be narrowed to some days locks every partition
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
  jit: "off", // our statements are short: compiling them costs more than it saves
  TimeZone: "UTC",
  log_timezone: "UTC",
  log_min_messages: "warning",
} as const;

export type ClusterSettings = Readonly<Record<string, string>>;

/** As arguments of `postgres`. */
export function clusterArguments(overrides: ClusterSettings = {}): string[] {
  return Object.entries({ ...defaults, ...overrides }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
