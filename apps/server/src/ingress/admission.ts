import type { EngineLog, InboundRequest, Intake } from "@millrace/engine";
import { afterDeadline } from "./after-deadline.ts";
import { type BodyMeter, createBodyMeter } from "./body-meter.ts";
import type { LateWrites } from "./late-writes.ts";
import { createLookups, type Lookups } from "./lookups.ts";
import { createRefusalLog } from "./refusal-log.ts";
import { createTurnLimit } from "./turn-limit.ts";
import { createWaitingRoom } from "./waiting-room.ts";

/** Overloaded: more requests wait than can be recorded in time. Unavailable: the database does not record requests now. */
export type UnavailableReason = "overloaded" | "unavailable";

/** Nothing was recorded and nothing will be: the sender should try again. */
export class Unavailable extends Error {
  readonly reason: UnavailableReason;

  constructor(reason: UnavailableReason, options?: ErrorOptions) {
    super(reason === "overloaded" ? "Too many requests wait." : "The database does not record requests now.", options);
    this.name = "Unavailable";
    this.reason = reason;
  }
}

/**
 * A request that can be recorded at all is recorded within a second, so what takes longer is refused rather than kept
 * waiting: senders give up after a few seconds and then don't know what became of it.
 */
export const admissionLimits = {
  /** Requests that may wait for the database: as many as turn out to be recorded soon, between these two. */
  waiting: { least: 50, most: 600 },
  /** Those of them that were handed to the database: what is refused before it got there surely left nothing behind. */
  submitted: 300,
  /** Lookups of endpoints and of their secrets under way, and those of them that the database is asked at once. */
  lookups: 200,
  lookupsAtOnce: 8,
  /** Bodies in memory, from the first byte until they are recorded or dropped, whether their sender is still there or not. */
  bytes: 64 * 1_048_576,
  /** Those of one endpoint, unless it is a single body: whoever has one URL can't keep all others out. */
  endpointBytes: 16 * 1_048_576,
  lookupMs: 500,
  knownLookupMs: 1_000,
  writeMs: 1_400,
  /** Recorded soon: within this. */
  soonMs: 500,
  /** So long after the last one was late there is room for as many as ever. */
  calmMs: 5_000,
  /** What is longer than the usual limit of a body gets that much more time: a millisecond for each of so many bytes. */
  longBytes: 1_048_576,
  longBytesPerMs: 2_000,
  /** Requests that one turn of the event loop lets in once there was no room (see `createTurnLimit`). */
  turn: { least: 20, most: 500, turnMs: 6, crowdedMs: 3_000 },
  /** When the oldest work handed to the database is older, newcomers are refused at once. */
  stalledMs: 1_000,
};

export type AdmissionLimits = typeof admissionLimits;

export type AdmissionState = {
  /** How many may wait now. */
  room: number;
  queued: number;
  submitted: number;
  lookups: number;
  bytes: number;
  isStalled: boolean;
};

export interface Admission {
  /** Why a request that comes now is turned away, because it would have to wait for too long; undefined lets it in. */
  turnAway(): UnavailableReason | undefined;
  meter: BodyMeter["meter"];
  lookUp: Lookups["lookUp"];
  /** Writes that are committed in time or reject with Unavailable. What is committed after that is `late`'s. */
  limitWrites(intake: Intake, late?: LateWrites): Intake;
  state(): AdmissionState;
}

type Work = { since: number; start(): void };

/** Stands between the senders and the database: bounds what waits for it in number, in bytes and in time. */
export function createAdmission(options: {
  log: EngineLog;
  limits?: AdmissionLimits;
  /** Milliseconds of a clock that never jumps. */
  now?: () => number;
}): Admission {
  const { log, limits = admissionLimits, now = () => performance.now() } = options;
  // Sets keep the order in which things came: the first is the oldest.
  const queued = new Set<Work>();
  const submitted = new Set<Work>();
  const bodies = createBodyMeter(limits, () => refusals.count("overloaded"));
  const room = createWaitingRoom({ ...limits.waiting, soonMs: limits.soonMs, calmMs: limits.calmMs, now });
  const turn = createTurnLimit({ ...limits.turn, now });
  const refusals = createRefusalLog(log);

  const refusal = (reason: UnavailableReason, cause?: unknown): Unavailable => {
    refusals.count(reason, cause);
    return new Unavailable(reason, { cause });
  };
  const lookups = createLookups({ limits, now, refusal });
  const isOld = ([oldest]: ReadonlySet<{ since: number }>) =>
    oldest !== undefined && now() - oldest.since > limits.stalledMs;
  const isStalled = () => isOld(submitted) || isOld(lookups.underWay);

  const isFull = () => queued.size + submitted.size >= room.size();

  function turnAway(): UnavailableReason | undefined {
    const hasNoRoom = isFull() || bodies.bytes() >= limits.bytes;
    if (hasNoRoom) turn.crowd();
    const isTooMuch = turn.isReached() || hasNoRoom;
    const reason = isStalled() ? "unavailable" : isTooMuch ? "overloaded" : undefined;
    if (reason === undefined) turn.letIn();
    else refusals.count(reason);
    return reason;
  }

  function startNext(): void {
    while (submitted.size < limits.submitted) {
      const [next] = queued;
      if (!next) return;
      next.start();
    }
  }

  function write<Request extends Pick<InboundRequest, "event">, Result>(
    request: Request,
    record: () => Promise<Result>,
    late?: (request: Request, result: Result) => void,
  ): Promise<Result> {
    // Many may have entered while they waited for one lookup.
    if (isFull()) return Promise.reject(refusal("overloaded"));
    const enteredAt = now();
    const extraMs = Math.max(0, request.event.body.byteLength - limits.longBytes) / limits.longBytesPerMs;
    return new Promise((resolve, reject) => {
      let isLate = false;
      let letGo: (() => void) | undefined;
      const work: Work = { since: enteredAt + extraMs, start };
      const deadline = afterDeadline(limits.writeMs + extraMs, () => {
        room.took(Number.POSITIVE_INFINITY);
        const wasQueued = queued.delete(work);
        isLate = true;
        if (!wasQueued) letGo = bodies.hold(request.event.body.byteLength);
        reject(refusal(wasQueued ? "overloaded" : "unavailable"));
      });
      function start(): void {
        queued.delete(work);
        work.since = now() + extraMs;
        submitted.add(work);
        record()
          .then(
            (result) => {
              room.took(now() - enteredAt - extraMs);
              if (isLate) late?.(request, result);
              else resolve(result);
            },
            (error: unknown) => reject(refusal("unavailable", error)),
          )
          .finally(() => {
            deadline.cancel();
            letGo?.();
            submitted.delete(work);
            startNext();
          });
      }
      queued.add(work);
      startNext();
    });
  }

  return {
    turnAway,
    meter: bodies.meter,
    lookUp: lookups.lookUp,
    limitWrites: (intake, late) => ({
      accept: (request) => write(request, () => intake.accept(request), late?.accepted),
      refuse: (request) => write(request, () => intake.refuse(request), late?.refused),
      start: (request) => write(request, () => intake.start(request)),
    }),
    state: () => ({
      room: Math.floor(room.size()),
      queued: queued.size,
      submitted: submitted.size,
      lookups: lookups.underWay.size,
      bytes: bodies.bytes(),
      isStalled: isStalled(),
    }),
  };
}
