import { describe } from "vitest";
import { ringContract } from "./ring.contract.ts";
import { jobStores } from "./testing/job-stores.ts";

describe.each(jobStores)("rings on $name", ({ open }) => ringContract(open));
