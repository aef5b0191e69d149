/** Items that come while a flush is under way share the next one. Resolves once the item's batch is written. */
export function batch({ flush, maxBatch, maxConcurrent }) {
  const queue = [];
  let flushing = 0;
  let isScheduled = false;
  const pump = () => {
    isScheduled = false;
    while (queue.length > 0 && flushing < maxConcurrent) void run(queue.splice(0, maxBatch));
  };
  const schedule = () => {
    if (isScheduled || flushing >= maxConcurrent) return;
    isScheduled = true;
    setImmediate(pump);
  };
  const run = async (entries) => {
    flushing++;
    try {
      await flush(entries.map(({ item }) => item));
      for (const { resolve } of entries) resolve();
    } catch (error) {
      for (const { reject } of entries) reject(error);
    }
    flushing--;
    schedule();
  };
  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      schedule();
    });
}
