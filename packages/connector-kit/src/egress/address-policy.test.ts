import fc from "fast-check";
import { expect, test } from "vitest";
import { blockReason } from "./address-policy.ts";

const privateBlocks = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
  ["192.0.0.0", 24],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["0.0.0.0", 8],
] as const;

const privateAddress = fc.constantFrom(...privateBlocks).chain(([base, bits]) =>
  fc.integer({ min: 0, max: 2 ** (32 - bits) - 1 }).map((offset) => {
    const number = base.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) + offset;
    return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256);
  }),
);

const hex = (high: number, low: number) => (high * 256 + low).toString(16);

test("blocks every private IPv4 address, also wrapped into IPv6", () => {
  fc.assert(
    fc.property(privateAddress, ([a = 0, b = 0, c = 0, d = 0]) => {
      const dotted = `${a}.${b}.${c}.${d}`;
      const pair = `${hex(a, b)}:${hex(c, d)}`;
      for (const spelling of [dotted, `::ffff:${dotted}`, `::ffff:${pair}`, `::${dotted}`, `64:ff9b::${dotted}`]) {
        expect(blockReason(spelling), spelling).toBeDefined();
      }
      for (const spelling of [`64:ff9b:1::${pair}`, `2002:${pair}::1`, `2001:0:${pair}::1`, `::ffff:0:${pair}`]) {
        expect(blockReason(spelling), spelling).toBeDefined();
      }
    }),
    { numRuns: 500 },
  );
});

test("blocks the special addresses that attackers ask for", () => {
  const addresses = ["::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "100::1", "5f00::1"];
  const metadata = ["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "255.255.255.255"];
  const odd = ["4000::1", "1::1", "2001:db8::1", "2001:10::1", "192.88.99.1", "not an address", ""];
  for (const address of [...addresses, ...metadata, ...odd]) expect(blockReason(address), address).toBeDefined();
});

test("lets public unicast addresses through", () => {
  for (const address of [
    "1.1.1.1",
    "93.184.216.34",
    "172.32.0.1",
    "2606:4700::1111",
    "2a00:1450:4001::200e",
    "::ffff:8.8.8.8",
  ]) {
    expect(blockReason(address), address).toBeUndefined();
  }
});

test("says what kind of address it is", () => {
  expect(blockReason("127.0.0.1")).toBe("a loopback address");
  expect(blockReason("10.1.2.3")).toBe("a private address");
  expect(blockReason("169.254.169.254")).toBe("a link-local address");
  expect(blockReason("64:ff9b::7f00:1")).toBe("a NAT64 address");
});
