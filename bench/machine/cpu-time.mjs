import { existsSync, readdirSync, readFileSync } from "node:fs";

// Linux counts in hundredths of a second for user space, whatever the kernel's own tick is.
const msPerTick = 10;

const canRead = existsSync("/proc/self/stat");

/** Processor time of a process and of its children, those that have ended included. Undefined where /proc is missing. */
export function treeCpuMs(pid) {
  if (!canRead) return undefined;
  const own = statOf(pid);
  if (!own) return undefined;
  let ticks = own.user + own.system + own.endedChildren;
  for (const child of childrenOf(pid)) {
    const stat = statOf(child);
    if (stat) ticks += stat.user + stat.system + stat.endedChildren;
  }
  return ticks * msPerTick;
}

/** Memory of a process and all below it in MB, shared pages counted once. Undefined where /proc is missing. */
export function treeMemoryMb(pid) {
  if (!canRead) return undefined;
  const rollup = readOrNothing(`/proc/${pid}/smaps_rollup`);
  const ownMb = Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1_024;
  return childrenOf(pid).reduce((sum, child) => sum + treeMemoryMb(child), ownMb);
}

function statOf(pid) {
  const text = readOrNothing(`/proc/${pid}/stat`);
  if (text === "") return undefined;
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  // proc(5): utime, stime, cutime and cstime are fields 14 to 17; the first one here is field 3.
  return { parent: fields[1], user: fields[11], system: fields[12], endedChildren: fields[13] + fields[14] };
}

function childrenOf(pid) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && statOf(name)?.parent === pid)
    .map(Number);
}

function readOrNothing(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
