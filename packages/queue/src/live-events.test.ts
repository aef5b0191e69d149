import { afterAll, describe } from "vitest";
import { liveEventsContract } from "./live-events.contract.ts";
import { closeSharedStores, jobStores } from "./testing/job-stores.ts";

afterAll(closeSharedStores);

describe.each(jobStores)("live events on $name", ({ open }) => liveEventsContract(open));
