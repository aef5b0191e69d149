import { Agent, get } from "node:http";
import { Histogram } from "./histogram.mjs";

/** Reads these paths one after the other over one connection; every answer must be 200. */
export async function timeRequests({ url, headers, paths }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies = new Histogram();
  for (const path of paths) {
    const startedAt = performance.now();
    await read(new URL(path, url), { agent, headers });
    latencies.record((performance.now() - startedAt) * 1_000);
  }
  agent.destroy();
  return latencies.summary();
}

const read = (url, options) =>
  new Promise((resolve, reject) => {
    const request = get(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url.pathname}${url.search} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
      response.on("error", reject);
    });
    request.on("error", reject);
  });
