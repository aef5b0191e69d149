/** What one fault row showed. It passed if nothing stands in `violations` and `notBuilt`. */
export type Row = {
  id: string;
  title: string;
  backend: string;
  events: number;
  lost: number;
  duplicated: number;
  stuck: number;
  changed: number;
  unexplained: number;
  /** The worst one. */
  recoveryMs: number | undefined;
  tookMs: number;
  notes: string[];
  violations: string[];
  notBuilt: string[];
  /** Bars of the matrix that this row does not look at, and why. It passes all the same. */
  notHeld: string[];
};

export type Findings = {
  row: Row;
  /** Time bars are multiplied by it, where the machine is known to be slow. */
  slack: number;
  must(claim: boolean, violation: string): void;
  /** A bar in time; it is also noted, met or not. */
  within(what: string, tookMs: number | undefined, barMs: number): void;
  /** A bar in megabytes; also noted. */
  below(what: string, mb: number, barMb: number): void;
  recovered(tookMs: number): void;
  note(text: string): void;
  notBuilt(what: string): void;
  notHeld(what: string): void;
};

export function openFindings(identity: { id: string; title: string; backend: string }, slack: number): Findings {
  const row: Row = {
    ...identity,
    ...{ events: 0, lost: 0, duplicated: 0, stuck: 0, changed: 0, unexplained: 0, recoveryMs: undefined, tookMs: 0 },
    ...{ notes: [], violations: [], notBuilt: [], notHeld: [] },
  };
  const note = (text: string) => void row.notes.push(text);
  const must = (claim: boolean, violation: string) => {
    if (!claim) row.violations.push(violation);
  };
  return {
    row,
    slack,
    must,
    note,
    within(what, tookMs, barMs) {
      const shown = tookMs === undefined ? "never" : seconds(tookMs);
      note(`${what} ${shown} (bar ${seconds(barMs)})`);
      must(tookMs !== undefined && tookMs <= barMs * slack, `${what}: ${shown}, the bar is ${seconds(barMs)}`);
    },
    below(what, mb, barMb) {
      note(`${what} ${mb} MB (bar ${barMb} MB)`);
      must(mb < barMb, `${what} ${mb} MB; the bar is ${barMb} MB`);
    },
    recovered(tookMs) {
      row.recoveryMs = Math.max(row.recoveryMs ?? 0, tookMs);
    },
    notBuilt: (what) => void row.notBuilt.push(what),
    notHeld: (what) => void row.notHeld.push(what),
  };
}

export const hasPassed = ({ violations, notBuilt }: Row): boolean => violations.length === 0 && notBuilt.length === 0;

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`;

export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1))];
}
