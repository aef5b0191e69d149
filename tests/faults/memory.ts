import { readdirSync, readFileSync } from "node:fs";
import type { Findings } from "./findings.ts";
import type { ServerProcess } from "./server-process.ts";
import { delay } from "./until.ts";
import type { World } from "./world.ts";

const mostMb = 512;
const sampleEveryMs = 250;
/** Until a collection is done and its pages are back with the system. */
const collectionMs = 3_000;
const ticksPerS = 100;

/** Resident memory of a process, in MB. */
export function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kilobytes ?? 0) / 1_024);
}

/** The same, without garbage: of a process that was started with `collect-garbage`. */
export async function collectedMb(process: ServerProcess): Promise<number> {
  process.signal("SIGUSR2");
  await delay(collectionMs);
  return residentMb(process.pid);
}

/** Files, sockets and the like that a process has open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Processor time that a process has used, in ms; to 10 ms. */
export function processorMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // What follows the name, which may hold anything: user and system time are the 12th and 13th.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerS;
}

/** Looks at every process of the layout while load is under way, when they need the most. */
export function watchMemory({ ingresses, workers }: World): { judge(findings: Findings, barMb?: number): void } {
  let largest = { name: "no process", mb: 0 };
  function look(): void {
    for (const process of [...ingresses, ...workers]) {
      try {
        const mb = residentMb(process.pid);
        if (mb > largest.mb) largest = { name: process.name, mb };
      } catch {
        // It has ended. Where nobody meant it to, every check says so.
      }
    }
  }
  const timer = setInterval(look, sampleEveryMs);
  return {
    judge(findings, barMb = mostMb) {
      clearInterval(timer);
      look();
      findings.below(`largest process, ${largest.name},`, largest.mb, barMb);
    },
  };
}
