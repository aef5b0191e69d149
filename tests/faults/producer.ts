import { join } from "node:path";
import type { Ack, Attempt, ProducerCommand, ProducerReport, SendJob } from "./producer-messages.ts";
import { readLog } from "./read-log.ts";
import { endChild, spawnPart } from "./spawn-part.ts";

export type Sending = {
  id: string;
  done: Promise<void>;
  /** Starts no new event and resends none; `done` resolves once what is under way is answered. */
  stop(): void;
};

export type Producer = {
  send(job: SendJob): Sending;
  /** Of all jobs whose id begins with this. */
  acks(prefix: string): Ack[];
  attempts(prefix: string): Attempt[];
  close(): Promise<void>;
};

export async function openProducer(directory: string): Promise<Producer> {
  const ackPath = join(directory, "acks.jsonl");
  const attemptPath = join(directory, "attempts.jsonl");
  const child = spawnPart("producer", [ackPath, attemptPath]);
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
    acks: (prefix) => readLog<Ack>(ackPath, ({ job }) => job.startsWith(prefix)),
    attempts: (prefix) => readLog<Attempt>(attemptPath, ({ job }) => job.startsWith(prefix)),
    close: async () => void (await endChild(child, "SIGKILL")),
  };
}
