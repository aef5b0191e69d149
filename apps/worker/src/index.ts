export { openWorker, type RingListener, type Worker, type WorkerOptions, type WorkerPorts } from "./open-worker.ts";
