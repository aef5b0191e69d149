import type { BodyLimits } from "./read-body.ts";

export type MeteredLimits = BodyLimits & {
  /** Called once the body is recorded or dropped: its sender may be long gone, or still wait. */
  giveBack(): void;
};

export interface BodyMeter {
  /** Of all bodies in memory. */
  bytes(): number;
  /** Counts a request's bytes until they are given back. `limitBytes` is its endpoint's. */
  meter(endpointId: string, limitBytes: number): MeteredLimits;
  /** Counts bytes that are still held though their request was given up. Returns the way to give them back. */
  hold(bytes: number): () => void;
}

/** Bounds the bodies in memory, all together and those of each endpoint; `onRefused` hears of each that was one too many. */
export function createBodyMeter(limits: { bytes: number; endpointBytes: number }, onRefused: () => void): BodyMeter {
  let bytes = 0;
  const bytesOf = new Map<string, number>();
  return {
    bytes: () => bytes,
    meter(endpointId, limitBytes) {
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
    hold(more) {
      bytes += more;
      return () => {
        bytes -= more;
      };
    },
  };
}
