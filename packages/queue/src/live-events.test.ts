import { describe } from "vitest";
import { liveEventsContract } from "./live-events.contract.ts";
import { jobStores } from "./testing/job-stores.ts";

describe.each(jobStores)("live events on $name", ({ open }) => liveEventsContract(open));
