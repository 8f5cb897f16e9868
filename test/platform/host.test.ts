import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalAddress, readHost, withPort } from "#platform/host.ts";

describe("a host as a person writes it", () => {
  test.each([
    ["pdu.lan", "pdu.lan"],
    ["pdu.lan.", "pdu.lan."],
    ["my_ups", "my_ups"],
    ["büro-usv", "büro-usv"],
    ["3com", "3com"],
    ["192.168.1.5", "192.168.1.5"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["::1%lo", "::1"],
    ["2001:DB8:0:0::5", "2001:db8::5"],
    ["[2001:db8::5]", "2001:db8::5"],
    ["::", "::"],
    ["fe80::1%lo", "fe80::1%lo"],
    ["[FE80:0::1%eth0]", "fe80::1%eth0"],
    ["fe80::1%br-lan_2.10", "fe80::1%br-lan_2.10"],
    ["::ffff:192.168.1.5", "192.168.1.5"],
    ["::ffff:c0a8:105", "192.168.1.5"],
  ])("%s is %s", (text, host) => {
    expect(readHost(text)).toEqual({ host });
  });

  test.each([
    ["http://pdu.lan", "is a URL; only its host is wanted"],
    ["2001:db8::/64", "is a URL; only its host is wanted"],
    ["pdu.lan:161", "holds a port, which has a key of its own"],
    ["192.168.1.5:161", "holds a port, which has a key of its own"],
    ["[::1]:161", "holds a port, which has a key of its own"],
    ["pdu.lan:", "holds a port, which has a key of its own"],
    ["fe80::1", "is a link-local address, which needs its interface behind it, such as fe80::1%eth0"],
    ["fe80::1%", "is no IPv6 address"],
    ["fe80::1%a%b", "is no IPv6 address"],
    ["fe80::1%a b", "is no IPv6 address"],
    ["[::1", "is no IPv6 address"],
    ["::1]", "is no IPv6 address"],
    ["[]", "is no IPv6 address"],
    ["[192.168.1.5]", "is no IPv6 address"],
    ["[pdu]", "is no IPv6 address"],
    ["1:2:3:4:5:6:7:8:9", "is no IPv6 address"],
    ["::g", "is no IPv6 address"],
    ["192.168.1", "is no IPv4 address"],
    ["192.168.1.256", "is no IPv4 address"],
    ["7", "is no IPv4 address"],
    ["pdu lan", "is no name and no IP address"],
    ["pdu..lan", "is no name and no IP address"],
    ["-pdu", "is no name and no IP address"],
    ["pdu;reboot", "is no name and no IP address"],
    ["", "is no name and no IP address"],
  ])("%s %s", (text, wrong) => {
    expect(readHost(text)).toEqual({ wrong });
  });

  test("whatever spelling of an address, its host is one, and is read as itself again", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.ipV6(), fc.boolean(), fc.boolean(), (address, upper, bracketed) => {
        const spelt = upper ? address.toUpperCase() : address;
        const found = readHost(bracketed ? `[${spelt}]` : spelt);
        if (!("host" in found)) {
          expect(found.wrong).toMatch(/link-local/);
          return;
        }
        read++;
        expect(readHost(found.host)).toEqual(found);
        if (isIPv6(found.host)) expect(canonicalAddress(spelt)).toBe(found.host);
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(1500);
  });

  test("any text is judged", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."[]:%.fe80a-/ \0é1".split("")) }), (text) => {
        const found = readHost(text);
        return "host" in found ? found.host !== "" : found.wrong !== "";
      }),
      { numRuns: 5000 },
    );
  });
});

test("an address is named as Node names the sender of a datagram", () => {
  expect(canonicalAddress("127.0.0.1")).toBe("127.0.0.1");
  expect(canonicalAddress("0::0:1")).toBe("::1");
  expect(canonicalAddress("::1%lo")).toBe("::1");
  expect(canonicalAddress("FE80::0:1%eth9")).toBe("fe80::1%eth9");
  expect(canonicalAddress("fe80::1%123456")).toBe("fe80::1%123456");
  const [zone, address] =
    Object.entries(networkInterfaces())
      .flatMap(([interfaceName, all]) => (all ?? []).map((one) => [interfaceName, one] as const))
      .find(([, one]) => one.family === "IPv6" && one.scopeid !== 0) ?? [];
  if (address?.family === "IPv6") expect(canonicalAddress(`fe80::1%${address.scopeid}`)).toBe(`fe80::1%${zone}`);
});

test("with a port, an IPv6 address stands in brackets", () => {
  expect(withPort("127.0.0.1", 161)).toBe("127.0.0.1:161");
  expect(withPort("fe80::1%eth0", 161)).toBe("[fe80::1%eth0]:161");
});
