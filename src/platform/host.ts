import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { networkInterfaces } from "node:os";

/** fe80::/10 (RFC 4291, 2.5.6): the same on every link, so that only with its zone does it say where to. */
const linkLocal = /^fe[89ab]/i;

const zoneName = (zone: string): string => {
  if (!/^\d+$/.test(zone)) return zone;
  const found = Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some((one) => one.family === "IPv6" && one.scopeid === Number(zone)));
  return found?.[0] ?? zone;
};

/**
 * An IP address as Node names the sender of a datagram, so that the two can be compared: IPv6 shortened (RFC 5952), the zone by its
 * interface's name, and only where it means something.
 */
export const canonicalAddress = (address: string): string => {
  const [plain = "", zone] = address.split("%");
  if (!isIPv6(plain)) return address;
  const short = new SocketAddress({ address: plain, family: "ipv6" }).address;
  return zone !== undefined && linkLocal.test(short) ? `${short}%${zoneName(zone)}` : short;
};

/** `host:port`, an IPv6 address in brackets (RFC 3986, 3.2.2). */
export const withPort = (host: string, port: number): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

export type ReadHost = { readonly host: string } | { readonly wrong: string };

const readAddress = (text: string): ReadHost => {
  const [plain = "", zone, ...more] = text.split("%");
  if (!isIPv6(plain) || more.length > 0 || (zone !== undefined && !/^[\w.-]+$/.test(zone))) return { wrong: "is no IPv6 address" };
  const short = canonicalAddress(plain);
  if (linkLocal.test(short)) {
    if (zone === undefined) return { wrong: "is a link-local address, which needs its interface behind it, such as fe80::1%eth0" };
    return { host: `${short}%${zone}` };
  }
  // What is an IPv4 address in truth answers as one.
  return { host: /^::ffff:([\d.]+)$/.exec(short)?.[1] ?? short };
};

const name = /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_.-]{0,251}[\p{L}\p{N}\p{M}_.])?$/u;

/** What a person wrote where a name or an address is wanted, without brackets and in one spelling; or what is wrong with it. */
export const readHost = (text: string): ReadHost => {
  if (text.includes("/")) return { wrong: "is a URL; only its host is wanted" };
  if (/^(\[[^\]]*\]|[^:]*):\d*$/.test(text)) return { wrong: "holds a port, which has a key of its own" };
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1];
  if (bracketed !== undefined || text.includes(":")) return readAddress(bracketed ?? text);
  if (/^[\d.]+$/.test(text)) return isIPv4(text) ? { host: text } : { wrong: "is no IPv4 address" };
  return name.test(text) && !text.includes("..") ? { host: text } : { wrong: "is no name and no IP address" };
};
