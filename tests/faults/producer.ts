import type { ChildProcess } from "node:child_process";
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
  const waiting = new Map<string, () => void>();
  const start = () => startSender(folders, (id) => waiting.get(id)?.());
  // Whoever sends beside a flood must not wait for it: what it measures would be the sender.
  const [sender, flooder] = await Promise.all([start(), start()]);
  return {
    send(job) {
      const child = job.isFlood ? flooder : sender;
      const tell = (command: ProducerCommand) => void child.send(command);
      const done = new Promise<void>((resolve) => waiting.set(job.id, resolve));
      tell({ type: "send", job });
      return { id: job.id, done, stop: () => tell({ type: "stop", id: job.id }) };
    },
    acks: (which) => logPaths(folders.acks, which).flatMap((path) => readLog<Ack>(path)),
    attempts: (which) => logPaths(folders.attempts, which).flatMap((path) => readLog<Attempt>(path)),
    visitAttempts(which, visit) {
      for (const path of logPaths(folders.attempts, which)) visitLog(path, visit);
    },
    close: async () => void (await Promise.all([sender, flooder].map((child) => endChild(child, "SIGKILL")))),
  };
}

async function startSender(
  folders: { acks: string; attempts: string },
  onDone: (id: string) => void,
): Promise<ChildProcess> {
  const child = spawnPart("producer", [folders.acks, folders.attempts]);
  await new Promise<void>((resolve, reject) => {
    child.on("message", (report: ProducerReport) => {
      if (report.type === "ready") resolve();
      else onDone(report.id);
    });
    child.once("exit", (code) => reject(new Error(`The producer ended with ${code}.`)));
  });
  return child;
}
