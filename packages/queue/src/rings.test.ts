import { afterAll, describe } from "vitest";
import { ringContract } from "./ring.contract.ts";
import { closeSharedStores, jobStores } from "./testing/job-stores.ts";

afterAll(closeSharedStores);

describe.each(jobStores)("rings on $name", ({ open }) => ringContract(open));
