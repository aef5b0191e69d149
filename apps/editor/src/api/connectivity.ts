import { useSyncExternalStore } from "react";

/** `offline`: the browser says so; `silent`: the server doesn't answer. */
export type Connectivity = "online" | "offline" | "silent";

let state: Connectivity = navigator.onLine ? "online" : "offline";
const listeners = new Set<() => void>();

function become(next: Connectivity): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

export const noteAnswer = () => become("online");
export const noteSilence = () => become(navigator.onLine ? "silent" : "offline");

window.addEventListener("online", () => become("online"));
window.addEventListener("offline", () => become("offline"));

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnectivity(): Connectivity {
  return useSyncExternalStore(subscribe, () => state);
}
