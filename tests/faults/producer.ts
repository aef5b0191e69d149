import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { logPaths } from "./job-logs.ts";
import type { Ack, Attempt, ProducerCommand, ProducerReport, SendJob } from "./producer-messages.ts";
import { readLog, visitLog } from "./read-log.ts";
import { endChild, spawnPart } from "./spawn-part.ts";

export type Sending = {
  id: string;
  done: Promise<void>;
  /** Starts no new event and resends none; `done` resolves once what is under way is answered. */
  stop(): void;
};

export type Producer = {
  send(job: SendJob): Sending;
  /** Of the job with this id, or of every job below it where it ends with "/". */
  acks(which: string): Ack[];
  attempts(which: string): Attempt[];
  /** As `attempts`, of a flood: there are too many of them to keep. */
  visitAttempts(which: string, visit: (attempt: Attempt) => void): void;
  close(): Promise<void>;
};

export async function openProducer(directory: string): Promise<Producer> {
  const folders = { acks: join(directory, "acks"), attempts: join(directory, "attempts") };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  const child = spawnPart("producer", [folders.acks, folders.attempts]);
  const waiting = new Map<string, () => void>();
  await new Promise<void>((resolve, reject) => {
    child.on("message", (report: ProducerReport) => {
      if (report.type === "ready") resolve();
      else waiting.get(report.id)?.();
    });
    child.once("exit", (code) => reject(new Error(`The producer ended with ${code}.`)));
  });
  const tell = (command: ProducerCommand) => void child.send(command);
  return {
    send(job) {
      const done = new Promise<void>((resolve) => waiting.set(job.id, resolve));
      tell({ type: "send", job });
      return { id: job.id, done, stop: () => tell({ type: "stop", id: job.id }) };
    },
    acks: (which) => logPaths(folders.acks, which).flatMap((path) => readLog<Ack>(path)),
    attempts: (which) => logPaths(folders.attempts, which).flatMap((path) => readLog<Attempt>(path)),
    visitAttempts(which, visit) {
      for (const path of logPaths(folders.attempts, which)) visitLog(path, visit);
    },
    close: async () => void (await endChild(child, "SIGKILL")),
  };
}
