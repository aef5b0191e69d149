import type { ExchangeObserver } from "./egress/egress.ts";

/** Remembers whether the other side may have acted: the difference between "try again" and "look first". */
export type ExchangeLedger = ExchangeObserver & { mayHaveActed(): boolean };

export function createExchangeLedger(): ExchangeLedger {
  let unanswered = 0;
  let hasActed = false;
  return {
    sent(method) {
      if (!isReading(method)) unanswered++;
    },
    answered(method, status) {
      if (isReading(method)) return;
      unanswered--;
      // A gateway's 502 or 504 says that it heard nothing from the service behind it, which may have acted all the same.
      if (status < 400 || status === 502 || status === 504) hasActed = true;
    },
    mayHaveActed: () => hasActed || unanswered > 0,
  };
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}
