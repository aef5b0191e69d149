import { hash } from "node:crypto";
import { newId } from "@millrace/base";
import type { AcceptRequest, Intake, RefusedRequest } from "@millrace/engine";

export type StartRequest = Parameters<Intake["start"]>[0];

type Ids = { eventId: string; deliveryId: string; runId: string };

/** What came in, with the ids that it will have if it is the first of its kind. */
export type Arrival =
  | { kind: "accept"; request: AcceptRequest; ids: Ids; key: DedupeIdentity | undefined; orderKey: string }
  | { kind: "refuse"; request: RefusedRequest; ids: Ids }
  | { kind: "start"; request: StartRequest; ids: Ids; orderKey: string };

/** A key may be of any length, so it is compared by its hash. */
export type DedupeIdentity = { name: string; endpointId: string; keyHash: Buffer; bodyHash: Buffer };

export const acceptArrival = (request: AcceptRequest): Arrival => ({
  kind: "accept",
  request,
  ids: makeIds(),
  key: request.dedupeKey === null ? undefined : identify(request, request.dedupeKey),
  orderKey: hashOrderKey(request.orderKey ?? ""),
});

export const refuseArrival = (request: RefusedRequest): Arrival => ({ kind: "refuse", request, ids: makeIds() });

export const startArrival = (request: StartRequest): Arrival => ({
  kind: "start",
  request,
  ids: makeIds(),
  orderKey: hashOrderKey(request.replay?.orderKey ?? ""),
});

/** 128 bits of a hash: of one length however long the key is, and no customer's address in an index. */
export const hashOrderKey = (key: string): string => (key === "" ? "" : hash("sha256", key, "base64url").slice(0, 22));

const makeIds = (): Ids => ({ eventId: newId("event"), deliveryId: newId("delivery"), runId: newId("run") });

function identify({ endpointId, originEndpointId, event }: AcceptRequest, key: string): DedupeIdentity {
  const owner = originEndpointId ?? endpointId;
  const keyHash = hash("sha256", key, "buffer");
  return {
    name: `${owner} ${keyHash.toString("hex")}`,
    endpointId: owner,
    keyHash,
    bodyHash: hash("sha256", event.body, "buffer"),
  };
}
