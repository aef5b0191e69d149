import { hash } from "node:crypto";
import type { Trigger } from "@millrace/automation";
import type {
  AcceptRequest,
  Doorbell,
  EngineLog,
  InboundRequest,
  Intake,
  LiveEvents,
  RunOutcomes,
} from "@millrace/engine";
import { type Admission, Unavailable, type UnavailableReason } from "./admission.ts";
import { createAnswerFromRun } from "./answer-from-run.ts";
import type { Exchange, Ingress } from "./exchange.ts";
import { createTriggerCache, isWebhook, type OpenedTrigger, unpublishedTrigger } from "./opened-trigger.ts";
import { createRateLimits } from "./rate-limits.ts";
import { OutOfRoom } from "./read-body.ts";
import { receivedEvent, splitTarget } from "./received-event.ts";
import { bodyProblem, closedReason, comeBack, methodRefusal, type Refusal, unknownEndpoint } from "./refusals.ts";
import type { LiveWatch } from "./run-waiter.ts";
import { problem, type ReadyAnswer, send } from "./send-answer.ts";
import { createShortCache } from "./short-cache.ts";
import { sourceAddress } from "./source-address.ts";
import type { StatusLinks } from "./status-links.ts";
import { unpackBody } from "./unpack-body.ts";
import { createVerifyRequest, type VerificationServices } from "./verify-request.ts";

export type IngressEndpoint = {
  endpointId: string;
  workspaceId: string;
  automationId: string;
  enabled: boolean;
  versionId: string | null;
  trigger: Trigger | null;
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
};

/** One request on its way through. */
type Call = {
  endpoint: IngressEndpoint;
  trigger: OpenedTrigger;
  exchange: Exchange;
  inbound: InboundRequest;
};

const hookPath = /^\/hooks\/([A-Za-z0-9_-]{16,128})$/;

export const isHook = (target: string | undefined): boolean => target?.startsWith("/hooks/") === true;

/** Verify, record, answer, ring. Nothing else happens between a sender and the database. */
export function createIngress(services: IngressServices): Ingress {
  const { clock } = services;
  const now = () => clock.now().getTime();
  const findEndpoint = createShortCache({
    find: (token: string) => services.endpoints.findByToken(token),
    // Tokens are kept as hashes only.
    keyOf: (token) => hash("sha256", token, "base64"),
    now,
  });
  const openTrigger = createTriggerCache();
  const verifyRequest = createVerifyRequest(services);
  const rateLimits = createRateLimits(now);
  const answerFromRun = createAnswerFromRun(services);

  return {
    turnAway() {
      const reason = services.admission.turnAway();
      return reason && refusalOf(reason);
    },
    receive(exchange) {
      receive(exchange).catch((error: unknown) => exchange.answer(unavailable(error)));
    },
  };

  function refusalOf(reason: UnavailableReason): ReadyAnswer {
    services.observe(reason, 503);
    return comeBack[reason];
  }

  function unavailable(error: unknown): ReadyAnswer {
    // Refusals are counted and logged together where they are made.
    if (error instanceof Unavailable) return refusalOf(error.reason);
    if (error instanceof OutOfRoom) return refusalOf("overloaded");
    services.log.error({ err: error }, "a webhook could not be recorded");
    return refusalOf("unavailable");
  }

  async function receive(exchange: Exchange): Promise<void> {
    const [path, query] = splitTarget(exchange.target);
    const runId = services.statusLinks.runIn(path);
    if (runId !== undefined) return answerFromRun.tell(runId, exchange);
    const token = hookPath.exec(path)?.[1];
    const endpoint = token === undefined ? undefined : await findEndpoint(token);
    if (!endpoint) {
      services.observe("unknown", 404);
      send(exchange, unknownEndpoint);
      return;
    }
    const inbound = (body: Uint8Array): InboundRequest => ({
      workspaceId: endpoint.workspaceId,
      automationId: endpoint.automationId,
      endpointId: endpoint.endpointId,
      event: receivedEvent(exchange, query, body, clock.now()),
      sourceIp: sourceAddress(exchange, services.trustedProxies),
    });
    const { versionId } = endpoint;
    const trigger =
      versionId !== null && isWebhook(endpoint.trigger) ? openTrigger(versionId, endpoint.trigger) : unpublishedTrigger;
    const call = { endpoint, trigger, exchange };
    const { method } = exchange;
    if (!trigger.methods.has(method) && !trigger.questionMethods.has(method)) {
      await refuse({ ...call, inbound: inbound(new Uint8Array()) }, methodRefusal(method, trigger));
      return;
    }
    const limits = { bytes: trigger.limitBytes, take: services.admission.meter(exchange) };
    const read = await exchange.readBody(limits);
    if (!read.ok) {
      await refuse({ ...call, inbound: inbound(new Uint8Array()) }, bodyProblem(read));
      return;
    }
    const sent = { ...call, inbound: inbound(read.body) };
    const verified = await prove(sent);
    if (!verified) return;
    const unpacked = await unpackBody(read.body, exchange.headers["content-encoding"], limits);
    if (!unpacked.ok) await refuse(sent, bodyProblem(unpacked));
    else if (unpacked.body === read.body) await judge(sent, verified.dedupeKey);
    else await judge({ ...call, inbound: inbound(unpacked.body) }, verified.dedupeKey);
  }

  /** Undefined once the request was answered: it could not be verified, asked something, or comes to a closed door. */
  async function prove(call: Call): Promise<{ dedupeKey: string | undefined } | undefined> {
    const { endpoint, trigger, exchange, inbound } = call;
    let dedupeKey: string | undefined;
    if (trigger.verification) {
      const { workspaceId, event, sourceIp } = inbound;
      const arrived = { workspaceId, event, target: exchange.target, sourceIp };
      const verified = await verifyRequest(trigger.verification, arrived);
      if (verified.kind !== "verified") {
        await refuse(call, verified, verified.kind === "handshake" ? "handshake" : "rejected");
        return undefined;
      }
      dedupeKey = verified.dedupeKey;
    }
    const refusal = closedReason(endpoint) ?? methodFault(call) ?? rateFault(call);
    if (!refusal) return { dedupeKey };
    await refuse(call, refusal);
    return undefined;
  }

  /** A method that only asks questions, and this was none. */
  function methodFault({ exchange: { method }, trigger }: Call): Refusal | undefined {
    return trigger.methods.has(method) ? undefined : methodRefusal(method, trigger);
  }

  /** After the verification, so that nobody but the sender can use up what the sender may send. */
  function rateFault({ endpoint, trigger: { rateLimit } }: Call): Refusal | undefined {
    const seconds = rateLimit && rateLimits.refuse(endpoint.endpointId, rateLimit);
    if (rateLimit === undefined || seconds === undefined) return undefined;
    const reason = `More than ${rateLimit.requests} requests in ${rateLimit.perMs / 1_000} s, the limit of this endpoint.`;
    return {
      reason,
      answer: problem(429, "rate_limited", reason),
      headers: { "retry-after": String(seconds) },
    };
  }

  async function judge(call: Call, presetKey: string | undefined): Promise<void> {
    const { versionId } = call.endpoint;
    if (versionId === null) throw new Error("A request went past a door that is closed.");
    const verdict = call.trigger.rules(call.inbound.event, presetKey);
    if (verdict.kind === "rejected") {
      const { reason, status, code } = verdict;
      await refuse(call, { reason, answer: problem(status, code, reason) });
    } else if (verdict.kind === "filtered") {
      const { reason } = verdict;
      const answer = { status: 200, body: JSON.stringify({ status: "filtered", reason }) };
      await refuse(call, { reason, answer }, "filtered");
    } else {
      await accept(call, { ...call.inbound, versionId, ...verdict.keys });
    }
  }

  async function accept({ trigger, exchange }: Call, request: AcceptRequest): Promise<void> {
    // Senders stop retrying at the first 2xx, so event, delivery and run are durable before we answer.
    const accepted = await services.intake.accept({ ...request, awaitsRun: trigger.waitsForRun });
    const { answer, isDuplicate, runId } = accepted;
    if (isDuplicate || !trigger.waitsForRun) {
      services.observe(isDuplicate ? "duplicate" : "accepted", answer.status);
      send(exchange, answer);
    }
    if (isDuplicate) return;
    const { workspaceId, automationId } = request;
    const at = services.clock.now().toISOString();
    services.live.publish({ type: "run.queued", workspaceId, automationId, runId, status: "queued", at });
    const rung = services.doorbell.ring(workspaceId, [runId]);
    if (trigger.waitsForRun) {
      const status = await answerFromRun.whenReady({ workspaceId, ...accepted }, exchange);
      services.observe("accepted", status);
    }
    await rung;
  }

  async function refuse(
    { inbound, exchange }: Call,
    { reason, answer, headers }: Refusal,
    verdict: "rejected" | "filtered" | "handshake" = "rejected",
  ): Promise<void> {
    await services.intake.refuse({ ...inbound, verdict, reason, answer });
    services.observe(verdict, answer.status);
    send(exchange, answer, headers);
  }
}
