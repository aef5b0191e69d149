import { spawn } from "node:child_process";
import type { Server } from "node:net";

/** Opaque: what `net.Server.listen` takes. */
export type ListenHandle = object;

/** Keeps nothing and accepts nothing: it was never told to listen. */
const echo = 'process.on("message", (count, handle) => { for (let i = 0; i < count; i++) process.send(i, handle); });';
const limitMs = 10_000;

/**
 * More handles of the same listening socket. Node has no way to duplicate one but to send it to another process, so a child sends
 * ours back, this often, and ends. Rejects where that does not work.
 */
export function duplicateHandles(server: Server, count: number): Promise<ListenHandle[]> {
  return new Promise((resolve, reject) => {
    const own: unknown = Reflect.get(server, "_handle");
    // It inherits no variable, so no secret.
    const child = spawn(process.execPath, ["-e", echo], { env: {}, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const handles: ListenHandle[] = [];
    const fail = (error: Error) => {
      child.kill("SIGKILL");
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error(`${handles.length} of ${count} handles came back in time`)), limitMs);
    timer.unref();
    child.once("error", fail);
    child.once("exit", () => {
      clearTimeout(timer);
      reject(new Error(`the process that was to send them back ended after ${handles.length} of ${count}`));
    });
    child.on("message", (_number, handle: unknown) => {
      if (typeof handle !== "object" || handle === null) return;
      handles.push(handle);
      if (handles.length < count) return;
      resolve(handles);
      child.disconnect();
    });
    child.send(count, own as Server);
  });
}
