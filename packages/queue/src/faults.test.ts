import { describe } from "vitest";
import { faultsContract } from "./faults.contract.ts";
import { jobStores } from "./testing/job-stores.ts";

describe.each(jobStores)("faults on $name", ({ open }) => faultsContract(open));
