import type { Trigger } from "@millrace/automation";
import type { Doorbell, EngineLog, InboundRequest, Intake, LiveEvents, RunOutcomes } from "@millrace/engine";
import type { Admission } from "./admission.ts";
import type { MeteredLimits } from "./body-meter.ts";
import type { Exchange } from "./exchange.ts";
import type { OpenedTrigger } from "./opened-trigger.ts";
import type { Gone } from "./refusals.ts";
import type { LiveWatch } from "./run-waiter.ts";
import type { StatusLinks } from "./status-links.ts";
import type { VerificationServices } from "./verify-request.ts";

export type IngressEndpoint = {
  endpointId: string;
  originEndpointId: string;
  workspaceId: string;
  automationId: string;
  enabled: boolean;
  versionId: string | null;
  /** Of the published version; of the draft while there is none. */
  trigger: Trigger | null;
  /** Null while the URL works. */
  gone: Gone | null;
};

export type IngressServices = VerificationServices & {
  outcomes: RunOutcomes;
  statusLinks: StatusLinks;
  /** Aborted when this process is about to end: nobody is kept waiting from then on. */
  closing?: AbortSignal;
  admission: Pick<Admission, "turnAway" | "meter" | "lookUp">;
  endpoints: { findByToken(token: string): Promise<IngressEndpoint | undefined> };
  intake: Intake;
  doorbell: Doorbell;
  live: LiveEvents & LiveWatch;
  log: EngineLog;
  trustedProxies: number;
  observe(verdict: string, status: number): void;
  /** This one is answered when its run is over. */
  awaitsRun(exchange: Exchange): void;
};

/** One request on its way through. */
export type Call = {
  endpoint: IngressEndpoint;
  trigger: OpenedTrigger;
  exchange: Exchange;
  limits: MeteredLimits;
  inbound: InboundRequest;
};
