import { parseArgs } from "node:util";
import { startFakeAnthropic } from "./start-fake-anthropic.ts";

// For demonstrations and docs, after a build: node packages/testing/dist/fake-anthropic/main.js [--port 4500] [--key KEY]…
const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, key: { type: "string", multiple: true } },
});
const fake = await startFakeAnthropic({ port: Number(values.port), ...(values.key ? { apiKeys: values.key } : {}) });
process.stdout.write(`${fake.url}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void fake.close());
