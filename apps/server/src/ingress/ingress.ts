import type { IncomingMessage, ServerResponse } from "node:http";
import type { ReceivedEvent, Trigger } from "@millrace/automation";
import type { Clock } from "@millrace/base";
import type { Answer, Doorbell, EngineLog, InboundRequest, Intake, LiveEvents } from "@millrace/engine";
import { type Admission, Unavailable } from "./admission.ts";
import { createEndpointCache } from "./endpoint-cache.ts";
import { answerAndLinger, hasLongRest } from "./linger.ts";
import { OutOfRoom, readBody } from "./read-body.ts";
import { sourceAddress } from "./source-address.ts";
import { compileTriggerRules, type TriggerRules } from "./trigger-rules.ts";

export type IngressEndpoint = {
  endpointId: string;
  workspaceId: string;
  automationId: string;
  enabled: boolean;
  versionId: string | null;
  trigger: Trigger | null;
};

export type IngressServices = {
  admission: Pick<Admission, "enter" | "meter">;
  endpoints: { findByToken(token: string): Promise<IngressEndpoint | undefined> };
  intake: Intake;
  doorbell: Doorbell;
  live: LiveEvents;
  clock: Clock;
  log: EngineLog;
  trustedProxies: number;
  observe(verdict: string, status: number): void;
};

const bodyLimitBytes = 1_048_576;
const hookPath = /^\/hooks\/([A-Za-z0-9_-]{16,128})$/;
const methods = new Set(["POST", "PUT", "PATCH"]);

export const isHook = (request: IncomingMessage): boolean => request.url?.startsWith("/hooks/") === true;

/** Verify, record, answer, ring. Nothing else happens between a sender and the database. */
export function createIngress(
  services: IngressServices,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const findEndpoint = createEndpointCache(services.endpoints.findByToken, () => services.clock.now().getTime());
  const rulesFor = createRuleCache();

  return async (request, response) => {
    try {
      await receive(request, response);
    } catch (error) {
      answerUnavailable(response, error);
    }
  };

  function answerUnavailable(response: ServerResponse, error: unknown): void {
    const isRefusal = error instanceof Unavailable;
    const reason = isRefusal ? error.reason : error instanceof OutOfRoom ? "overloaded" : "unavailable";
    // Refusals are counted and logged together where they are made.
    if (!isRefusal && !(error instanceof OutOfRoom))
      services.log.error({ err: error }, "a webhook could not be recorded");
    services.observe(reason, 503);
    send(response, problem(503, reason, "The request could not be recorded in time. Send it again."), {
      "retry-after": String(isRefusal ? error.retryAfterSeconds : 1),
    });
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    services.admission.enter();
    const [path = "", query = ""] = split(request.url ?? "");
    const token = hookPath.exec(path)?.[1];
    const endpoint = token === undefined ? undefined : await findEndpoint(token);
    if (!endpoint) {
      services.observe("unknown", 404);
      send(
        response,
        problem(
          404,
          "unknown_endpoint",
          "There is no webhook at this URL. Copy it again from the automation's trigger.",
        ),
      );
      return;
    }
    const inbound = (body: Uint8Array): InboundRequest => ({
      workspaceId: endpoint.workspaceId,
      automationId: endpoint.automationId,
      endpointId: endpoint.endpointId,
      event: eventOf(request, query, body, services.clock.now()),
      sourceIp: sourceAddress(request, services.trustedProxies),
    });
    if (!methods.has(request.method ?? "")) {
      const allow = [...methods].join(", ");
      const answer = problem(405, "method_not_allowed", `Send ${allow}; ${request.method} starts no run.`);
      await refuse(response, inbound(new Uint8Array()), "rejected", `Method ${request.method} is not taken.`, answer, {
        allow,
      });
      return;
    }
    const read = await readBody(request, { bytes: bodyLimitBytes, take: services.admission.meter(response) });
    if (!read.ok) {
      const code = read.status === 413 ? "too_large" : "unreadable_body";
      const answer = problem(read.status, code, read.reason);
      await refuse(response, inbound(new Uint8Array()), "rejected", read.reason, answer);
      return;
    }
    await judge(endpoint, inbound(read.body), response);
  }

  async function judge(endpoint: IngressEndpoint, inbound: InboundRequest, response: ServerResponse): Promise<void> {
    const { versionId, trigger } = endpoint;
    const closed = closedReason(endpoint);
    if (closed || versionId === null || trigger?.type !== "webhook") {
      const { code, reason } = closed ?? notPublished;
      await refuse(response, inbound, "rejected", reason, problem(409, code, reason));
      return;
    }
    const verdict = rulesFor(versionId, trigger)(inbound.event);
    if (verdict.kind === "rejected") {
      await refuse(
        response,
        inbound,
        "rejected",
        verdict.reason,
        problem(verdict.status, verdict.code, verdict.reason),
      );
    } else if (verdict.kind === "filtered") {
      const answer = { status: 200, body: JSON.stringify({ status: "filtered", reason: verdict.reason }) };
      await refuse(response, inbound, "filtered", verdict.reason, answer);
    } else {
      await accept({ ...inbound, versionId, dedupeKey: verdict.dedupeKey }, response);
    }
  }

  async function accept(request: Parameters<Intake["accept"]>[0], response: ServerResponse): Promise<void> {
    // Senders stop retrying at the first 2xx, so event, delivery and run are durable before we answer.
    const { answer, isDuplicate, runId } = await services.intake.accept(request);
    services.observe(isDuplicate ? "duplicate" : "accepted", answer.status);
    send(response, answer);
    if (isDuplicate) return;
    const { workspaceId, automationId } = request;
    const at = services.clock.now().toISOString();
    services.live.publish({ type: "run.queued", workspaceId, automationId, runId, status: "queued", at });
    await services.doorbell.ring(workspaceId, [runId]);
  }

  async function refuse(
    response: ServerResponse,
    inbound: InboundRequest,
    verdict: "rejected" | "filtered",
    reason: string,
    answer: Answer,
    headers: Record<string, string> = {},
  ): Promise<void> {
    await services.intake.refuse({ ...inbound, verdict, reason, answer });
    services.observe(verdict, answer.status);
    send(response, answer, headers);
  }
}

const notPublished = {
  code: "not_published",
  reason:
    "This automation is not published yet. The request was recorded and can be used as a sample; publish, then send it again.",
};

function closedReason({ enabled, versionId, trigger }: IngressEndpoint): { code: string; reason: string } | undefined {
  if (versionId === null || trigger === null) return notPublished;
  if (!enabled)
    return {
      code: "paused",
      reason: "This automation is paused. The request was recorded; send it again once it is on.",
    };
  if (trigger.type !== "webhook") {
    return {
      code: "no_webhook_trigger",
      reason: "The published version of this automation is not started by a webhook.",
    };
  }
  return undefined;
}

function createRuleCache(): (versionId: string, trigger: Trigger & { type: "webhook" }) => TriggerRules {
  const rules = new Map<string, TriggerRules>();
  return (versionId, trigger) => {
    const known = rules.get(versionId) ?? compileTriggerRules(trigger);
    rules.set(versionId, known);
    const [oldest] = rules.keys();
    if (rules.size > 1_000 && oldest !== undefined) rules.delete(oldest);
    return known;
  };
}

function split(url: string): [path: string, query: string] {
  const mark = url.indexOf("?");
  return mark === -1 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}

function eventOf(request: IncomingMessage, query: string, body: Uint8Array, receivedAt: Date): ReceivedEvent {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    headers.push([request.rawHeaders[index] ?? "", request.rawHeaders[index + 1] ?? ""]);
  }
  const contentType = request.headers["content-type"] ?? null;
  return { method: request.method ?? "POST", query, headers, contentType, body, receivedAt };
}

/** RFC 9457. */
function problem(status: number, code: string, detail: string): Answer {
  return { status, body: JSON.stringify({ type: `urn:millrace:${code}`, status, code, detail }) };
}

function send(response: ServerResponse, answer: Answer, headers: Record<string, string> = {}): void {
  if (response.headersSent || response.destroyed) return;
  const type = answer.status >= 400 ? "application/problem+json" : "application/json";
  const isCut = hasLongRest(response.req);
  response.writeHead(answer.status, {
    "content-type": type,
    "content-length": Buffer.byteLength(answer.body),
    "x-content-type-options": "nosniff",
    ...(isCut ? { connection: "close" } : {}),
    ...headers,
  });
  if (isCut) return answerAndLinger(response, answer.body);
  response.req.resume();
  response.end(answer.body);
}
