import { Failure } from "@millrace/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEgress } from "./create-egress.ts";
import type { Egress, EgressRequest } from "./egress.ts";
import { type LocalServer, startLocalServer } from "./local-server.fixture.ts";

let canary: LocalServer;
let canary6: LocalServer | undefined;
beforeAll(async () => {
  canary = await startLocalServer((_request, response) => response.end("reached"), "127.0.0.1");
  canary6 = await startLocalServer((_request, response) => response.end("reached"), "::1").catch(() => undefined);
});
afterAll(async () => {
  await Promise.all([canary.close(), canary6?.close()]);
});

const hits = () => canary.requests.length + (canary6?.requests.length ?? 0);

async function refusal(egress: Egress, request: EgressRequest): Promise<Failure> {
  const outcome = await egress.fetch(request).then(
    (answer) => `answered ${answer.status}`,
    (error: unknown) => error,
  );
  if (outcome instanceof Failure) return outcome;
  throw new Error(`${String(request.url)}: ${String(outcome)}`);
}

const digits = (text: string, zero: number) =>
  [...text].map((char) => (char === "." ? "." : String.fromCodePoint(zero + Number(char)))).join("");

/** Every way a URL can spell an IPv4 address that the URL standard reads back as that address. */
function spellingsOf(dotted: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split(".").map(Number);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const octal = (part: number) => `0${part.toString(8)}`;
  const hex = (part: number) => `0x${part.toString(16)}`;
  const pair = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  return [
    dotted,
    `${dotted}.`,
    String(whole),
    hex(whole),
    `0${whole.toString(8)}`,
    [a, b, c, d].map(octal).join("."),
    [a, b, c, d].map(hex).join("."),
    `${hex(a)}.${b}.${octal(c)}.${d}`,
    `0000${a.toString(8)}.${b}.${c}.${d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    digits(dotted, 0xff10),
    digits(dotted, 0x1d7d8),
    dotted.replaceAll(".", "。"),
    dotted.replaceAll(".", "%2e"),
    `%3${dotted.slice(0, 1)}${dotted.slice(1)}`,
    `[::ffff:${dotted}]`,
    `[::FFFF:${pair}]`,
    `[0:0:0:0:0:ffff:${pair}]`,
    `[::${pair}]`,
    `[64:ff9b::${pair}]`,
    `[64:ff9b:1::${pair}]`,
    `[2002:${pair}::]`,
    `[2002:${pair}::1]`,
    `[2001:0:${pair}::]`,
    `[::ffff:0:${pair}]`,
  ];
}

const targets = [
  "127.0.0.1",
  "127.1.2.3",
  "0.0.0.0",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "169.254.169.254",
].concat(["100.64.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"]);
const names = [
  "localhost",
  "LOCALHOST",
  "localhost.",
  "a.localhost",
  "printer.local",
  "db.internal",
  "metadata.google.internal",
];
const literals6 = [
  "[::1]",
  "[::]",
  "[0:0:0:0:0:0:0:1]",
  "[fe80::1]",
  "[fc00::1]",
  "[fd00:ec2::254]",
  "[ff02::1]",
  "[fec0::1]",
];

test("no spelling of a private address reaches a server", async () => {
  const egress = createEgress({ connectTimeoutMs: 300 });
  const hosts = [...targets.flatMap(spellingsOf), ...names, ...literals6];
  const urls = hosts.flatMap((host) => [
    `http://${host}:${canary.port}/`,
    `https://${host}:${canary6?.port ?? 443}/x?token=1`,
  ]);
  expect(urls.length).toBeGreaterThanOrEqual(300);
  for (const url of urls) {
    const failure = await refusal(egress, { url });
    expect(failure.code, url).toBe("egress_blocked");
    expect(failure.detail.advice).toContain("EGRESS_ALLOW");
  }
  expect(hits()).toBe(0);
  await egress.close();
});

test("other schemes, user names in the URL and ports of databases are refused", async () => {
  const egress = createEgress();
  for (const url of [
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://example.com/",
    "data:text/plain,x",
    "nonsense",
  ]) {
    expect((await refusal(egress, { url })).code, url).toBe("invalid_input");
  }
  expect((await refusal(egress, { url: "https://me:secretword@example.com/" })).toRecord()).not.toMatchObject({
    message: expect.stringContaining("secretword"),
  });
  for (const port of [22, 25, 2375, 5432, 6379, 11211, 27017, 1023]) {
    expect((await refusal(egress, { url: `http://example.com:${port}/` })).code).toBe("egress_blocked");
  }
  await egress.close();
});

describe("names", () => {
  const bad = [
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "169.254.169.254",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fd00::1",
  ];

  test.each(bad)("a name that leads to %s is refused when the socket is opened", async (address) => {
    const egress = createEgress({ resolve: async () => [{ address, family: address.includes(":") ? 6 : 4 }] });
    const failure = await refusal(egress, { url: `http://rebind.example.com:${canary.port}/` });
    expect(failure.code).toBe("egress_blocked");
    expect(failure.detail.facts?.host).toBe(`rebind.example.com:${canary.port}`);
    expect(hits()).toBe(0);
    await egress.close();
  });

  test("one private address among public ones is enough to refuse", async () => {
    const addresses = [
      { address: "93.184.216.34", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    for (const answer of [addresses, [...addresses].reverse()]) {
      const egress = createEgress({ resolve: async () => answer });
      expect((await refusal(egress, { url: `http://mixed.example.com:${canary.port}/` })).code).toBe("egress_blocked");
      await egress.close();
    }
    expect(hits()).toBe(0);
  });

  test("a name that changes its answer after the first look is caught at the socket", async () => {
    let looks = 0;
    const resolve = async () => [{ address: looks++ === 0 ? "93.184.216.34" : "127.0.0.1", family: 4 }];
    const egress = createEgress({ resolve, connectTimeoutMs: 100 });
    const url = `http://rebind.example.com:${canary.port}/`;
    expect((await refusal(egress, { url })).code).not.toBe("egress_blocked");
    expect((await refusal(egress, { url })).code).toBe("egress_blocked");
    expect(hits()).toBe(0);
    await egress.close();
  });
});

test("a redirect from an allowed host to a private one is not followed", async () => {
  const targetHosts = ["127.0.0.1", "localhost", "2130706433", "[::ffff:7f00:1]", "0"];
  for (const host of targetHosts) {
    const door = await startLocalServer((_request, response) => {
      response.writeHead(302, { location: `http://${host}:${canary.port}/inside` }).end();
    });
    const egress = createEgress({ allow: [`127.0.0.1:${door.port}`] });
    expect((await refusal(egress, { url: door.origin })).code, host).toBe("egress_blocked");
    await egress.close();
    await door.close();
  }
  expect(hits()).toBe(0);
});

test("the operator's list opens exactly what it names", async () => {
  const server = await startLocalServer((_request, response) => response.end("hello"));
  const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
  const { port } = server;
  const opened: [string, string][] = [
    ["127.0.0.1/32", `http://127.0.0.1:${port}/`],
    ["127.0.0.0/8", `http://fake.example.com:${port}/`],
    [`localhost:${port}`, `http://localhost:${port}/`],
    ["gateway.internal", `http://gateway.internal:${port}/`],
  ];
  for (const [entry, url] of opened) {
    const egress = createEgress({ allow: [entry], resolve });
    expect((await egress.fetch({ url })).text(), entry).toBe("hello");
    await egress.close();
  }
  const closed: [string, string][] = [
    ["127.0.0.2/32", `http://127.0.0.1:${port}/`],
    [`localhost:${port + 1}`, `http://localhost:${port}/`],
    ["gateway.internal", `http://other.internal:${port}/`],
  ];
  for (const [entry, url] of closed) {
    const egress = createEgress({ allow: [entry], resolve });
    expect((await refusal(egress, { url })).code, entry).toBe("egress_blocked");
    await egress.close();
  }
  expect(() => createEgress({ allow: ["http://localhost"] })).toThrow(/EGRESS_ALLOW/);
  await server.close();
});

test("a refusal is reported with the host and without path or query", async () => {
  const refusals: Failure[] = [];
  const egress = createEgress({ onBlocked: (failure) => refusals.push(failure) });
  await refusal(egress, { url: "http://127.0.0.1:8080/private/path?token=abc123" });
  expect(refusals).toHaveLength(1);
  expect(JSON.stringify(refusals[0]?.toRecord())).toContain("127.0.0.1:8080");
  expect(JSON.stringify(refusals[0]?.toRecord())).not.toMatch(/private|abc123/);
  await egress.close();
});
