import type { Clock } from "@millrace/base";
import type { Egress, Registry } from "@millrace/connector-kit";
import type {
  ApiKeyRepository,
  AutomationRepository,
  ConnectionRepository,
  DeliveryRepository,
  EndpointRepository,
  KeyValueRepository,
  RunRepository,
  SetupRepository,
  VersionRepository,
  Workspace,
  WorkspaceRepository,
} from "@millrace/db";
import type { Credentials, Doorbell, EngineLog, Intake, LiveEvent, LiveEvents, RunControl } from "@millrace/engine";
import type { Auth } from "../auth/create-auth.ts";

/** The first start makes a workspace before anybody is there to own it. */
export interface OwnerlessWorkspaces {
  /** Gives a workspace that has no owner its name and its owner. */
  addOwner(owner: { workspaceId: string; userId: string; name: string }): Promise<Workspace>;
}

export interface LiveWatch {
  /** Returns the way to end it. */
  subscribe(filter: { workspaceId: string; runId?: string }, listener: (event: LiveEvent) => void): () => void;
}

/** All that the API needs. Every repository is asked with the caller's workspace. */
export interface ApiServices {
  automations: AutomationRepository;
  versions: Pick<VersionRepository, "publish" | "listVersions" | "getVersion" | "getDefinition">;
  endpoints: Pick<EndpointRepository, "getWebhookToken" | "rotateEndpoint">;
  runs: RunRepository;
  deliveries: DeliveryRepository;
  connections: ConnectionRepository;
  credentials: Credentials;
  keyValues: Pick<KeyValueRepository, "list" | "get" | "set" | "remove">;
  apiKeys: Pick<ApiKeyRepository, "create" | "findByKey" | "list" | "revoke">;
  workspaces: Pick<WorkspaceRepository, "createWithOwner" | "findForUser" | "list" | "get" | "setMaxRunningRuns"> &
    OwnerlessWorkspaces;
  setup: Pick<SetupRepository, "isPending" | "consume">;
  intake: Pick<Intake, "start">;
  runControl: RunControl;
  doorbell: Doorbell;
  live: LiveEvents & LiveWatch;
  registry: Registry;
  egress: Egress;
  auth: Auth;
  /** How many runs a workspace without a limit of its own executes at once; null: any number. */
  defaultMaxRunning: number | null;
  /** Without a slash at the end. */
  publicUrl: string;
  clock: Clock;
  log: EngineLog;
}
