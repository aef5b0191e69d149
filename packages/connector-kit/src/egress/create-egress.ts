import { Failure } from "@millrace/base";
import { Agent } from "undici";
import { linkedAbort } from "../linked-abort.ts";
import { type Cidr, parseCidr } from "./address-policy.ts";
import { type AllowList, bareHostname, parseAllowList } from "./allow-list.ts";
import { decodeAnswer } from "./decode-answer.ts";
import type { Egress, EgressBinding, EgressRequest, EgressResponse } from "./egress.ts";
import { exchange, type RawAnswer } from "./exchange.ts";
import { fetchLikeFrom } from "./fetch-like.ts";
import { guardedConnector, type Resolve, systemResolve } from "./guarded-connector.ts";
import { type Hop, isRedirect, nextHop, redirectLimit, tooManyRedirects } from "./redirect.ts";
import { prepareHeaders } from "./request-headers.ts";
import { blocked, checkUrl, portOf } from "./url-policy.ts";

export type EgressOptions = {
  /** Address ranges and hosts that may be reached besides public ones: the operator's `EGRESS_ALLOW`. */
  allow?: readonly string[];
  /** Address ranges that may not be reached although they are public, such as our own. */
  deny?: readonly string[];
  /** How names become addresses. The system's resolver when absent. */
  resolve?: Resolve;
  connectTimeoutMs?: number;
  headersTimeoutMs?: number;
  /** Time for a whole exchange that sets no time of its own. */
  totalTimeoutMs?: number;
  /** No request may ask for longer. */
  longestTimeoutMs?: number;
  maxResponseBytes?: number;
  userAgent?: string;
  /** Told of every refusal; holds the host and the reason, never a path or query. */
  onBlocked?: (refusal: Failure) => void;
};

type Limits = Required<Omit<EgressOptions, "allow" | "deny" | "resolve" | "onBlocked">>;
type Transport = { agent: Agent; allow: AllowList };
type Guard = {
  limits: Limits;
  denied: readonly Cidr[];
  transportFor(operatorOrigins: readonly string[]): Transport;
  onBlocked: ((refusal: Failure) => void) | undefined;
};

/** The only way out to the network: private addresses, redirects, sizes and times are all decided here. */
export function createEgress(options: EgressOptions = {}): Egress {
  const { allow = [], deny = [], resolve = systemResolve, onBlocked, ...given } = options;
  const limits: Limits = {
    connectTimeoutMs: 5_000,
    headersTimeoutMs: 15_000,
    totalTimeoutMs: 60_000,
    longestTimeoutMs: 15 * 60_000,
    maxResponseBytes: 10 * 1024 * 1024,
    userAgent: "Millrace",
    ...given,
  };
  const denied = deny.map((text) => {
    const range = parseCidr(text);
    if (!range) throw new Failure("own_bug", `"${text}" is not an address range.`);
    return range;
  });

  // One pool of sockets for each allow list: a socket opened for a trusted connection never serves another request.
  const transports = new Map<string, Transport>();
  const transportFor = (operatorOrigins: readonly string[]): Transport => {
    const hosts = operatorOrigins.map((origin) => `${new URL(origin).hostname}:${portOf(new URL(origin))}`).sort();
    const key = hosts.join(" ");
    const existing = transports.get(key);
    if (existing) return existing;
    const list = parseAllowList([...allow, ...hosts]);
    const connect = guardedConnector({ allow: list, denied, resolve, connectTimeoutMs: limits.connectTimeoutMs });
    const transport = { agent: new Agent({ connect }), allow: list };
    transports.set(key, transport);
    return transport;
  };
  transportFor([]);

  const guard: Guard = { limits, denied, transportFor, onBlocked };
  const close = async () => {
    const open = [...transports.values()];
    transports.clear();
    await Promise.all(open.map(({ agent }) => agent.destroy()));
  };
  return egressView(guard, {}, close);
}

function egressView(guard: Guard, binding: EgressBinding, close: () => Promise<void>): Egress {
  const fetchBound = async (request: EgressRequest): Promise<EgressResponse> => {
    try {
      return await follow(guard, binding, request);
    } catch (error) {
      if (error instanceof Failure && error.code === "egress_blocked") guard.onBlocked?.(error);
      throw error;
    }
  };
  return {
    fetch: fetchBound,
    fetchLike: fetchLikeFrom(fetchBound),
    bind: (narrower) => egressView(guard, narrow(binding, narrower), async () => {}),
    close,
  };
}

function narrow(wider: EgressBinding, narrower: EgressBinding): EgressBinding {
  const merged = { ...wider, ...narrower };
  const { origins } = wider;
  if (origins && narrower.origins) merged.origins = narrower.origins.filter((origin) => origins.includes(origin));
  if (wider.signal && narrower.signal) merged.signal = AbortSignal.any([wider.signal, narrower.signal]);
  return merged;
}

async function follow(guard: Guard, binding: EgressBinding, request: EgressRequest): Promise<EgressResponse> {
  const { limits } = guard;
  const transport = guard.transportFor(binding.operatorOrigins ?? []);
  const wantedMs = request.timeoutMs ?? binding.timeoutMs;
  const totalMs = Math.min(wantedMs ?? limits.totalTimeoutMs, limits.longestTimeoutMs);
  const limitBytes = Math.min(request.maxResponseBytes ?? limits.maxResponseBytes, limits.maxResponseBytes);

  let hop: Hop = {
    url: checkUrl(request.url, transport.allow, guard.denied),
    method: (request.method ?? "GET").toUpperCase(),
    headers: prepareHeaders(request.headers ?? {}, limits.userAgent),
    body: request.body,
  };
  checkBinding(hop.url, binding, transport.allow);
  const deadline = linkedAbort([binding.signal, request.signal]);
  const { signal } = deadline;
  const timer = setTimeout(() => deadline.abort(outOfTime(hop.url, totalMs)), totalMs);
  try {
    for (let redirects = 0; ; redirects++) {
      const headersTimeoutMs = wantedMs === undefined ? limits.headersTimeoutMs : totalMs;
      const answer = await observedExchange(transport.agent, hop, binding, {
        signal,
        headersTimeoutMs,
        bodyTimeoutMs: totalMs,
        limitBytes,
      });
      const location = answer.headers.location;
      if (request.followRedirects === false || !isRedirect(answer.status) || typeof location !== "string") {
        return await decodeAnswer(answer, hop.url, limitBytes);
      }
      if (redirects === redirectLimit) throw tooManyRedirects(hop.url);
      hop = nextHop(hop, answer.status, location);
      checkUrl(hop.url, transport.allow, guard.denied);
    }
  } finally {
    clearTimeout(timer);
    deadline.release();
  }
}

type HopLimits = { signal: AbortSignal; headersTimeoutMs: number; bodyTimeoutMs: number; limitBytes: number };

async function observedExchange(agent: Agent, hop: Hop, binding: EgressBinding, limits: HopLimits): Promise<RawAnswer> {
  const { observer } = binding;
  const answer = await exchange({ agent, ...hop, ...limits, onSent: () => observer?.sent(hop.method) });
  observer?.answered(hop.method, answer.status);
  return answer;
}

/** A credential goes to its own origins only, and in clear text only to a host that the operator opened. */
function checkBinding(url: URL, { origins }: EgressBinding, allow: AllowList): void {
  if (!origins) return;
  const hostname = bareHostname(url.hostname);
  if (!origins.includes(url.origin)) {
    throw new Failure("egress_blocked", `This connection's credential may not be sent to ${url.origin}.`, {
      advice: origins.length === 0 ? "The connection names no origin." : `It belongs to ${origins.join(", ")} only.`,
      facts: { host: `${hostname}:${portOf(url)}` },
    });
  }
  if (url.protocol === "http:" && !allow.allowsHost(hostname, portOf(url))) {
    throw blocked(hostname, portOf(url), "a credential is only sent over https");
  }
}

function outOfTime(url: URL, totalMs: number): Failure {
  return new Failure("timeout", `${url.host} did not answer within ${totalMs} ms.`, {
    facts: { host: url.host, limitMs: totalMs },
  });
}
