// Loaded into a process under test: SIGUSR2 makes it collect its garbage and give the pages back, so that what is left can be
// compared over time. A plain `gc()` keeps pages for what comes next, 40 MB of them at one time and none at another.
import { Session } from "node:inspector/promises";

const session = new Session();
session.connect();

process.on("SIGUSR2", () => void session.post("HeapProfiler.collectGarbage"));
