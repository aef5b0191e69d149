import { hash } from "node:crypto";
import type { AcceptRequest, InboundRequest } from "@millrace/engine";
import { unpackedDedupeKey } from "@millrace/webhooks";
import { Unavailable, type UnavailableReason } from "./admission.ts";
import { createAnswerFromRun } from "./answer-from-run.ts";
import type { Exchange, Ingress } from "./exchange.ts";
import type { Call, IngressServices } from "./ingress-services.ts";
import { closedTrigger, createTriggerCache, isWebhook } from "./opened-trigger.ts";
import { createRateLimits } from "./rate-limits.ts";
import { OutOfRoom } from "./read-body.ts";
import { headerPairs, receivedEvent, splitTarget } from "./received-event.ts";
import { createRefusalRecords } from "./refusal-records.ts";
import {
  bodyProblem,
  closedReason,
  comeBack,
  goneRefusal,
  methodRefusal,
  type Refusal,
  unknownEndpoint,
} from "./refusals.ts";
import { problem, type ReadyAnswer, send } from "./send-answer.ts";
import { createShortCache } from "./short-cache.ts";
import { sourceAddress } from "./source-address.ts";
import { packingFault, unpackBody } from "./unpack-body.ts";
import { createVerifyRequest } from "./verify-request.ts";

const hookPath = /^\/hooks\/([A-Za-z0-9_-]{16,128})$/;

export const isHook = (target: string | undefined): boolean => target?.startsWith("/hooks/") === true;

/** Verify, record, answer, ring. Nothing else happens between a sender and the database. */
export function createIngress(services: IngressServices): Ingress {
  const { clock, steadyNow = () => performance.now() } = services;
  const findEndpoint = createShortCache({
    find: (token: string, isKnown) =>
      services.admission.lookUp(() => services.endpoints.findByToken(token), { isKnown }),
    // Tokens are kept as hashes only.
    keyOf: (token) => hash("sha256", token, "base64"),
    now: steadyNow,
  });
  const openTrigger = createTriggerCache();
  const verifyRequest = createVerifyRequest(services);
  const rateLimits = createRateLimits(steadyNow);
  const answerFromRun = createAnswerFromRun(services);
  const refusalRecords = createRefusalRecords({ ...services, now: steadyNow });

  return {
    turnAway() {
      const reason = services.admission.turnAway();
      return reason && refusalOf(reason);
    },
    receive(exchange) {
      receive(exchange).catch(giveUp(exchange));
    },
  };

  function refusalOf(reason: UnavailableReason): ReadyAnswer {
    services.observe(reason, 503);
    return comeBack[reason];
  }

  function giveUp(exchange: Exchange): (error: unknown) => void {
    return (error) => void exchange.answer(unavailable(error));
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
    const { versionId } = endpoint;
    const trigger =
      versionId !== null && isWebhook(endpoint.trigger)
        ? openTrigger(versionId, endpoint.trigger)
        : closedTrigger(endpoint.trigger);
    const inbound = (body: Uint8Array): InboundRequest => ({
      workspaceId: endpoint.workspaceId,
      automationId: endpoint.automationId,
      endpointId: endpoint.endpointId,
      event: receivedEvent(exchange, query, body, clock.now(), trigger.secretPlaces),
      sourceIp: sourceAddress(exchange, services.trustedProxies),
    });
    const limits = services.admission.meter(endpoint.endpointId, trigger.limitBytes);
    try {
      await take({ endpoint, trigger, exchange, limits }, inbound);
    } finally {
      limits.giveBack();
    }
  }

  /** What can be said without the body is said without it, as long as nothing of the request can be used later. */
  async function take(call: Omit<Call, "inbound">, inbound: (body: Uint8Array) => InboundRequest): Promise<void> {
    const { endpoint, trigger, exchange, limits } = call;
    const refuseUnread = (refusal: Refusal) => refuse({ ...call, inbound: inbound(new Uint8Array()) }, refusal);
    const { method } = exchange;
    const encoding = exchange.headers["content-encoding"];
    if (!endpoint.gone) {
      if (!trigger.methods.has(method) && !trigger.questionMethods.has(method))
        return refuseUnread(methodRefusal(method, trigger));
      const fault = packingFault(encoding);
      if (fault) return refuseUnread(bodyProblem(fault));
    }
    const read = await exchange.readBody(limits);
    if (!read.ok) return refuseUnread(endpoint.gone ? goneRefusal(endpoint.gone) : bodyProblem(read));
    const sent = { ...call, inbound: inbound(read.body) };
    if (endpoint.gone) return refuse(sent, goneRefusal(endpoint.gone));
    const verified = await prove(sent);
    if (!verified) return;
    const unpacked = await unpackBody(read.body, encoding, limits);
    if (!unpacked.ok) return refuse(sent, bodyProblem(unpacked));
    if (unpacked.body === read.body) return judge(sent, verified.dedupeKey);
    const opened = { ...call, inbound: inbound(unpacked.body) };
    const choice = trigger.verification?.choice;
    return judge(opened, choice && unpackedDedupeKey(choice, opened.inbound.event));
  }

  /** Undefined once the request was answered: it could not be verified, asked something, or comes to a closed door. */
  async function prove(call: Call): Promise<{ dedupeKey: string | undefined } | undefined> {
    const { endpoint, trigger, exchange, inbound } = call;
    let dedupeKey: string | undefined;
    if (trigger.verification) {
      const { workspaceId, sourceIp } = inbound;
      // Nothing but the verification sees the secrets that are sent along.
      const event = trigger.secretPlaces ? { ...inbound.event, headers: headerPairs(exchange) } : inbound.event;
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
    const seconds = rateLimit && rateLimits.refuse(endpoint.originEndpointId, rateLimit);
    if (rateLimit === undefined || seconds === undefined) return undefined;
    const reason = `More than ${rateLimit.requests} requests in ${rateLimit.perMs / 1_000} s, the limit of this endpoint.`;
    return {
      reason,
      answer: problem(429, "rate_limited", reason),
      headers: { "retry-after": String(seconds) },
    };
  }

  async function judge(call: Call, presetKey: string | undefined): Promise<void> {
    const { versionId, originEndpointId } = call.endpoint;
    if (versionId === null) throw new Error("A request went past a door that is closed.");
    const verdict = call.trigger.rules(call.inbound.event, presetKey);
    if (verdict.kind === "rejected") {
      const { reason, status, code } = verdict;
      await refuse(call, { reason, answer: problem(status, code, reason), isReplayable: true });
    } else if (verdict.kind === "filtered") {
      const { reason } = verdict;
      const answer = { status: 200, body: JSON.stringify({ status: "filtered", reason }) };
      await refuse(call, { reason, answer, isReplayable: true }, "filtered");
    } else {
      await accept(call, { ...call.inbound, versionId, originEndpointId, ...verdict.keys });
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
    const { workspaceId, automationId, endpointId } = request;
    const at = services.clock.now().toISOString();
    services.live.publish({ type: "run.queued", workspaceId, automationId, runId, status: "queued", at });
    // Not awaited, nor is the answer below: the body counts as held until this call is over.
    void services.doorbell.ring(workspaceId, [runId]);
    if (trigger.waitsForRun) {
      services.awaitsRun(exchange);
      answerFromRun
        .whenReady({ workspaceId, endpointId, ...accepted }, exchange)
        .then((status) => services.observe("accepted", status))
        .catch(giveUp(exchange));
    }
  }

  async function refuse(
    { inbound, exchange }: Call,
    { reason, answer, headers, isReplayable }: Refusal,
    verdict: "rejected" | "filtered" | "handshake" = "rejected",
  ): Promise<void> {
    const request = { ...inbound, verdict, reason, answer: headers ? { ...answer, headers } : answer };
    await (isReplayable ? services.intake.refuse(request) : refusalRecords.record(request));
    services.observe(verdict, answer.status);
    send(exchange, answer, headers);
  }
}
