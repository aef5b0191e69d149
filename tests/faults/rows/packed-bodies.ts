import { deflateSync, gzipSync } from "node:zlib";
import type { Fault } from "../fault.ts";
import { collectedMb } from "../memory.ts";
import { head } from "../raw-request.ts";
import { restart } from "../world.ts";
import { growthBarMb, judgeShapes } from "./odd-requests.ts";

const processorBarMs = 100;
const oneMegabyte = 1_048_576;

export const packedBodies: Fault = {
  id: "H5",
  title: "packed bodies and bombs",
  layout: "split",
  async inject(world, findings) {
    const [ingress] = world.ingresses;
    await restart(ingress, { preload: "collect-garbage" });
    const good = gzipSync('{"id":"packed"}');
    const hundred = gzipSync(Buffer.alloc(100 * oneMegabyte));
    // A gzip file may have many members: these are packed into 1 MB, the most that is read, and into ten.
    const members = (count: number) => Buffer.concat(Array.from({ length: count }, () => hundred));
    const shapes: readonly [string, string, Buffer, readonly number[]][] = [
      ["gzip", "gzip", good, [202]],
      ["deflate", "deflate", deflateSync('{"id":"deflated"}'), [202]],
      ["a bomb of 10 MB", "gzip", gzipSync(Buffer.alloc(10 * oneMegabyte)), [413]],
      ["a bomb of 200 MB", "gzip", gzipSync(Buffer.alloc(200 * oneMegabyte)), [413]],
      ["a bomb of 200 MB as deflate", "deflate", deflateSync(Buffer.alloc(200 * oneMegabyte)), [413]],
      ["a bomb of 1 GB in members", "gzip", members(10), [413]],
      ["a bomb of 10 GB in members", "gzip", members(100), [413]],
      ["gzip in gzip", "gzip, gzip", gzipSync(good), [415]],
      ["br", "br", good, [415]],
      ["an unknown encoding", "zstd-ish", good, [415]],
      ["gzip that is none", "gzip", Buffer.from("not gzip"), [400]],
      ["gzip cut short", "gzip", good.subarray(0, 20), [400]],
    ];
    const before = await collectedMb(ingress);
    await judgeShapes(
      world,
      findings,
      "h5",
      shapes.map(([name, encoding, body, takes]) => ({
        ...{ name, takes, processorBarMs },
        parts: (path) => [
          head(path, [
            "Content-Type: application/json",
            `Content-Encoding: ${encoding}`,
            `Content-Length: ${body.length}`,
          ]),
          body,
        ],
      })),
    );
    findings.below("the ingress grew by", (await collectedMb(ingress)) - before, growthBarMb);
    await restart(ingress);
  },
};
