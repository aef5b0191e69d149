const pids = new Map<number, NodeJS.Signals>();

/** Whatever ends the harness, this process does not outlive it. Returns what takes it off the list. */
export function endOnExit(pid: number, signal: NodeJS.Signals = "SIGKILL"): () => void {
  pids.set(pid, signal);
  return () => void pids.delete(pid);
}

process.on("exit", () => {
  for (const [pid, signal] of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended already.
    }
  }
});
