import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { logPath } from "./job-logs.ts";
import { readLog } from "./read-log.ts";
import type { SinkCall, SinkCommand, SinkMode, SinkReport } from "./sink-messages.ts";
import { endChild, spawnPart } from "./spawn-part.ts";

export type Sink = {
  urlOf(flow: string): string;
  setMode(flow: string, mode: SinkMode): void;
  release(flow: string): void;
  /** Tells of every call to this flow as it arrives, before it is answered. Returns what ends it. */
  watch(flow: string, onCall: (call: SinkCall) => void): () => void;
  calls(flow: string): SinkCall[];
  close(): Promise<void>;
};

export async function openSink(directory: string): Promise<Sink> {
  const folder = join(directory, "sink");
  mkdirSync(folder);
  const child = spawnPart("sink", [folder]);
  const watchers = new Map<string, (call: SinkCall) => void>();
  const port = await new Promise<number>((resolve, reject) => {
    child.on("message", (report: SinkReport) => {
      if (report.type === "ready") resolve(report.port);
      else watchers.get(report.call.flow)?.(report.call);
    });
    child.once("exit", (code) => reject(new Error(`The sink ended with ${code}.`)));
  });
  const tell = (command: SinkCommand) => void child.send(command);
  return {
    urlOf: (flow) => `http://127.0.0.1:${port}/${flow}`,
    setMode: (flow, mode) => tell({ type: "mode", flow, mode }),
    release: (flow) => tell({ type: "release", flow }),
    watch(flow, onCall) {
      watchers.set(flow, onCall);
      tell({ type: "watch", flow, isOn: true });
      return () => {
        watchers.delete(flow);
        tell({ type: "watch", flow, isOn: false });
      };
    },
    calls: (flow) => readLog<SinkCall>(logPath(folder, flow)),
    close: async () => void (await endChild(child, "SIGKILL")),
  };
}
