import { once } from "node:events";
import { endChild, spawnPart } from "./spawn-part.ts";

export type Refuser = { url: string; close(): Promise<void> };

/** A process with a bare node:http server that answers 503 to everything: the floor of what a refusal can take here and now. */
export async function openRefuser(): Promise<Refuser> {
  const child = spawnPart("refuser", []);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { url: `http://127.0.0.1:${port}/`, close: async () => void (await endChild(child, "SIGKILL")) };
}
