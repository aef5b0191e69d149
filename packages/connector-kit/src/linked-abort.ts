export type LinkedAbort = {
  signal: AbortSignal;
  abort(reason: unknown): void;
  /** Lets go of the other signals. */
  release(): void;
};

/**
 * Aborts when it is told to, or when any of these signals does, with its reason. For a call that ends soon and then lets
 * go: `AbortSignal.any` leaves that to the garbage collector, which costs several times as much for each call.
 */
export function linkedAbort(signals: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController();
  const linked = new Set(signals.filter((signal) => signal !== undefined));
  const follow = (event: Event) => controller.abort((event.target as AbortSignal).reason);
  for (const signal of linked) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", follow, { once: true });
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release() {
      for (const signal of linked) signal.removeEventListener("abort", follow);
    },
  };
}
