/** Reads at most once in `keptMs`, however often it is asked; undefined where reading fails or takes longer than `limitMs`. */
export function kept<Value>(
  read: () => Promise<Value | undefined>,
  keptMs: number,
  limitMs: number,
): () => Promise<Value | undefined> {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Value | undefined> = Promise.resolve(undefined);
  return () => {
    if (performance.now() - readAt < keptMs) return reading;
    readAt = performance.now();
    reading = inTime(read, limitMs);
    return reading;
  };
}

function inTime<Value>(read: () => Promise<Value | undefined>, limitMs: number): Promise<Value | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), limitMs);
    read()
      .then(resolve, () => resolve(undefined))
      .finally(() => clearTimeout(timer));
  });
}
