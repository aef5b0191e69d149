// `npm run test:faults`. The parts that must outlive the processes under test are started as `run.mjs --part NAME`.
import { loadTypeScript } from "./load-typescript.mjs";

const parts = { sink: "sink-program.ts", producer: "producer-program.ts", refuser: "refuser-program.ts" };
const part = process.argv[2] === "--part" ? parts[process.argv[3]] : undefined;
if (part === undefined) {
  const { install, build } = await import("../../scripts/prepare.mjs");
  await install();
  await build();
}
const { main } = await loadTypeScript(part ?? "main.ts");
await main(process.argv.slice(part === undefined ? 2 : 4));
