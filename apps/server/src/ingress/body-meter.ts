import type { Exchange } from "./exchange.ts";
import type { BodyLimits } from "./read-body.ts";

export type MeteredLimits = BodyLimits & {
  /** Called where the body is recorded and nothing holds it any more, though its sender still waits. */
  giveBack(): void;
};

export interface BodyMeter {
  /** Of all bodies in memory. */
  bytes(): number;
  /** Counts a request's bytes until they are given back, or it is answered or given up. `limitBytes` is its endpoint's. */
  meter(exchange: Pick<Exchange, "onceClosed">, endpointId: string, limitBytes: number): MeteredLimits;
}

/** Bounds the bodies in memory, all together and those of each endpoint; `onRefused` hears of each that was one too many. */
export function createBodyMeter(limits: { bytes: number; endpointBytes: number }, onRefused: () => void): BodyMeter {
  let bytes = 0;
  const bytesOf = new Map<string, number>();
  return {
    bytes: () => bytes,
    meter(exchange, endpointId, limitBytes) {
      let own = 0;
      let isOpen = true;
      function count(more: number): number {
        own += more;
        bytes += more;
        const ofEndpoint = (bytesOf.get(endpointId) ?? 0) + more;
        if (ofEndpoint === 0) bytesOf.delete(endpointId);
        else bytesOf.set(endpointId, ofEndpoint);
        return ofEndpoint;
      }
      function giveBack(): void {
        if (isOpen) count(-own);
        isOpen = false;
      }
      exchange.onceClosed(giveBack);
      return {
        bytes: limitBytes,
        take(more) {
          if (!isOpen) return true;
          const ofEndpoint = count(more);
          const isAlone = ofEndpoint === own;
          // What is refused is dropped at once, however long its sender stays: many of them are no more than its share.
          if (!isAlone && ofEndpoint > limits.endpointBytes) giveBack();
          else if (bytes <= limits.bytes) return true;
          onRefused();
          return false;
        },
        giveBack,
      };
    },
  };
}
