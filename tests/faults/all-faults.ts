import type { Fault } from "./fault.ts";
import { boots } from "./rows/boot.ts";
import { burst } from "./rows/burst.ts";
import { edits, rotations } from "./rows/changes.ts";
import { wrongClocks } from "./rows/clocks.ts";
import { drain } from "./rows/drain.ts";
import { sameKeyAtOnce, sameKeyLater, sameKeyOtherBody } from "./rows/duplicates.ts";
import { guessedUrls } from "./rows/guessed-urls.ts";
import { ingressKills } from "./rows/ingress-kills.ts";
import { largeBodies } from "./rows/large-bodies.ts";
import { noisyNeighbors } from "./rows/noisy-neighbor.ts";
import { otherMethods, smuggling } from "./rows/odd-heads.ts";
import { bodySizes, contentTypes, oddJson } from "./rows/odd-requests.ts";
import { arrivalOrder } from "./rows/order.ts";
import { overload, overloadOfDatabase } from "./rows/overload.ts";
import { packedBodies } from "./rows/packed-bodies.ts";
import { poison } from "./rows/poison.ts";
import { postgresAway, postgresCrash, postgresFull } from "./rows/postgres-outages.ts";
import { postgresSlow } from "./rows/postgres-slow.ts";
import { queueOutages } from "./rows/queue-outages.ts";
import { slowSenders } from "./rows/slow-senders.ts";
import { soak } from "./rows/soak.ts";
import { blockedLoop, stoppedWorker } from "./rows/stalls.ts";
import { workerKills } from "./rows/worker-kills.ts";

/** The rows F1 to F14, F19 to F25, L2 to L4 and H1 to H7 of the fault matrix, some of their kind beside it, and a soak on request; README.md has the others. */
export const allFaults: readonly Fault[] = [
  ...workerKills,
  poison,
  ...ingressKills,
  ...queueOutages,
  ...[postgresCrash, postgresAway, postgresSlow, postgresFull],
  ...[sameKeyAtOnce, sameKeyLater, sameKeyOtherBody, arrivalOrder],
  ...[wrongClocks, blockedLoop, drain, stoppedWorker, rotations, edits, boots],
  ...[burst, overload, overloadOfDatabase],
  ...noisyNeighbors,
  ...[slowSenders, bodySizes, oddJson, largeBodies, contentTypes, packedBodies, smuggling, otherMethods],
  guessedUrls,
  soak,
];
