import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";

const addresses = Object.entries(networkInterfaces()).flatMap(([zone, all]) => (all ?? []).flatMap((one) => (one.family === "IPv6" ? [{ zone, ...one }] : [])));
const linkLocal = addresses.find(({ address }) => /^fe[89ab]/i.test(address));

/** True when the machine has ::1. */
export const hasIpv6 = addresses.some(({ address }) => address === "::1");

/** A link-local address of this machine with its zone, such as `fe80::1%eth0`, and the zone as a number; what is sent to it does not leave the machine. */
export const ownLinkLocal = linkLocal && { host: `${linkLocal.address}%${linkLocal.zone}`, byNumber: `${linkLocal.address}%${linkLocal.scopeid}` };

/** `describe` that runs on a machine with IPv6. Else it reports itself as skipped with the reason; with CI=true it fails, because there nothing may be left out. */
export const describeWithIpv6 = (title: string, body: () => void): void => {
  describe(title, () => {
    if (hasIpv6) return body();
    const why = "this machine has no ::1; IPv6 is switched off";
    if (process.env["CI"] === "true") test("IPv6 is there", () => expect.fail(why));
    else test.skip(`no IPv6: ${why}`, () => undefined);
  });
};
