import { afterAll, describe } from "vitest";
import { faultsContract } from "./faults.contract.ts";
import { closeSharedStores, jobStores } from "./testing/job-stores.ts";

afterAll(closeSharedStores);

describe.each(jobStores)("faults on $name", ({ open, endsByItself }) => faultsContract(open, endsByItself));
