import type { Json } from "@millrace/base";

export type EgressRequest = {
  url: string | URL;
  /** `GET` when absent. */
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  signal?: AbortSignal;
  /** Time for the whole exchange, redirects included. It also replaces the shorter default wait for the answer's headers. */
  timeoutMs?: number;
  /** At most three redirects are followed; `false` hands the redirect itself back. */
  followRedirects?: boolean;
  maxResponseBytes?: number;
};

/** An answer, whole and decompressed. An error status is an answer too and doesn't throw. */
export type EgressResponse = {
  status: number;
  headers: Headers;
  /** Where the answer came from, after redirects. */
  url: string;
  body: Uint8Array;
  text(): string;
  /** Throws `contract_drift` when the body isn't JSON within the usual limits. */
  json(): Json;
};

/** Told of every exchange: after `sent` and before `answered` the other side may have acted without our knowing. */
export interface ExchangeObserver {
  sent(method: string): void;
  answered(method: string, status: number): void;
}

export type EgressBinding = {
  /** Only these origins may be asked. Leave it out where no credential is carried. */
  origins?: readonly string[];
  /** Origins that the operator configured: they may be private and plain http, for this binding only. */
  operatorOrigins?: readonly string[];
  timeoutMs?: number;
  signal?: AbortSignal;
  observer?: ExchangeObserver;
};

/** The only way out to the network. Every method throws `Failure`: egress_blocked, provider_unavailable, timeout, too_large … */
export interface Egress {
  fetch(request: EgressRequest): Promise<EgressResponse>;
  /** The same guard behind the standard `fetch` signature, for client libraries. It rejects with `Failure`. */
  fetchLike: typeof fetch;
  /** A narrower view of this egress. Closing the view leaves its parent open. */
  bind(binding: EgressBinding): Egress;
  close(): Promise<void>;
}
