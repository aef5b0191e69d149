export { type ConnectorsOptions, createConnectors } from "./create-connectors.ts";
