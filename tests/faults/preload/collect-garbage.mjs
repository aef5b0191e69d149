// Loaded into a process under test: SIGUSR2 makes it collect its garbage, so that what is left can be compared over time.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

process.on("SIGUSR2", () => collect());
