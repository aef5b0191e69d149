import type { Findings } from "./findings.ts";
import type { Layout, World } from "./world.ts";

export type Fault = {
  id: string;
  title: string;
  /** Running when `inject` begins, each process healthy. */
  layout: Layout;
  /** Measures speed, so its processes reach PostgreSQL and Redis themselves and not through the harness. */
  isDirect?: boolean;
  /** Takes so long that it only runs when it is named. */
  isOnRequest?: boolean;
  inject(world: World, findings: Findings, size: Size): Promise<void>;
};

/** `times(100)` is 100 where everything is asked for, and a tenth of it, but never less than `least`, where not. */
export type Size = { isFull: boolean; times(full: number, least?: number): number };

export const sizeOf = (isFull: boolean): Size => ({
  isFull,
  times: (full, least = 1) => (isFull ? full : Math.max(least, Math.round(full / 10))),
});
