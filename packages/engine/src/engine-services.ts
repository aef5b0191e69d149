import type { Plan } from "@millrace/automation";
import type { Clock } from "@millrace/base";
import type { Egress, Registry } from "@millrace/connector-kit";
import type { ClaimedRun, Credentials, Doorbell, Journal, LiveEvents } from "./ports.ts";
import type { RunObserver } from "./run-observer.ts";

export type EngineLog = {
  info(facts: Record<string, unknown>, message: string): void;
  warn(facts: Record<string, unknown>, message: string): void;
  error(facts: Record<string, unknown>, message: string): void;
};

/** What it takes to run steps. */
export type EngineServices = {
  /** Unique to this process; leases carry it. */
  workerId: string;
  journal: Journal;
  plans: { get(run: Pick<ClaimedRun, "workspaceId" | "versionId">): Promise<Plan> };
  credentials: Credentials;
  registry: Registry;
  egress: Egress;
  doorbell: Doorbell;
  live: LiveEvents;
  clock: Clock;
  /** Numbers in [0, 1). */
  random(): number;
  log: EngineLog;
  observe?: RunObserver;
};
