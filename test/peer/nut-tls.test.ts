import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createNutDriver } from "#driver/nut/nut-driver.ts";
import { systemClock } from "#platform/clock.ts";
import { type Certificates, makeCertificates } from "./certificate.ts";
import type { Peer } from "./debian-peer.ts";
import { faultOf, openUps } from "./nut-open.ts";
import { startNutProxy } from "./nut-proxy.ts";
import { startUpsd, type Upsd } from "./nut-server-rig.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";

const plain = { variables: { "ups.status": "OL", "ups.load": "12" }, commands: ["beeper.mute"] };

/** Debian's upsd uses NSS: the key goes by PKCS #12 into a database, which CERTPATH names without "sql:". */
const startSecureUpsd = async (peer: Peer, upses: readonly string[]): Promise<{ readonly upsd: Upsd; readonly certificates: Certificates }> => {
  let certificates: Certificates | undefined;
  const settings = async (folder: string): Promise<string> => {
    const made = await makeCertificates(peer, folder);
    certificates = made;
    const database = join(folder, "nss");
    const word = join(folder, "word");
    writeFileSync(word, "database\n");
    const tool = (name: string, ...args: readonly string[]): Promise<string> => run(peer.bin(name), args, { cwd: folder, env: peer.env });
    await run("mkdir", [database]);
    await tool(
      "openssl",
      "pkcs12",
      "-export",
      "-inkey",
      made.server.key,
      "-in",
      made.server.certificate,
      "-certfile",
      made.ca,
      "-name",
      "server",
      "-passout",
      "pass:bag",
      "-out",
      "server.p12",
    );
    await tool("certutil", "-N", "-d", `sql:${database}`, "-f", word);
    await tool("pk12util", "-i", "server.p12", "-d", `sql:${database}`, "-k", word, "-W", "bag");
    await tool("certutil", "-A", "-d", `sql:${database}`, "-n", "authority", "-t", "CT,C,C", "-i", made.ca, "-f", word);
    return `CERTPATH ${database}\nCERTIDENT "server" "database"\nDISABLE_WEAK_SSL true\n`;
  };
  const upsd = await startUpsd(peer, { upses: Object.fromEntries(upses.map((name) => [name, plain])), settings });
  if (!certificates) throw new Error("no certificates were made");
  return { upsd, certificates };
};

describeWithPeer("TLS to a real upsd", await debianPackages("nut-server"), (peer) => {
  test("required: everything after STARTTLS is encrypted, the server proves itself by our authority", async () => {
    const { upsd, certificates } = await startSecureUpsd(peer, ["one"]);
    await using _ = upsd;
    await using proxy = await startNutProxy(upsd.port);
    await using ups = await openUps({ port: proxy.port, ups: "one", username: "admin", password: "correct horse", tls: "required", ca: certificates.ca });
    expect((await ups.everything()).get("ups ups.load")).toBe(12);
    await ups.execute("ups", "ups.beeperMute");
    expect(upsd.driver("one").given).toEqual(["beeper.mute"]);
    expect(proxy.sent[0]).toBe("STARTTLS\n");
    expect(proxy.sent.slice(1).join("")).not.toMatch(/USERNAME|LIST|horse/);
  });

  test("many UPSs over TLS in one turn: the server, which reads 512 bytes at a time, leaves none out", async () => {
    const names = Array.from({ length: 120 }, (_, at) => `ups-with-a-longer-name-${at}`);
    const { upsd, certificates } = await startSecureUpsd(peer, names);
    await using _ = upsd;
    const driver = createNutDriver(systemClock);
    const all = await Promise.all(names.map((ups) => openUps({ port: upsd.port, ups, tls: "required", ca: certificates.ca }, driver)));
    const answers = await Promise.all(all.map((ups) => ups.everything()));
    expect(answers.map((values) => values.get("ups ups.load"))).toEqual(names.map(() => 12));
    await Promise.all(all.map((ups) => ups[Symbol.asyncDispose]()));
  });

  test("a server that our authority does not know, or of another name, is not spoken to", async () => {
    const { upsd, certificates } = await startSecureUpsd(peer, ["one"]);
    await using _ = upsd;
    const options = { port: upsd.port, ups: "one", tls: "required" };
    expect(await faultOf(openUps(options))).toMatchObject({ kind: "unreachable" });
    const other = await faultOf(openUps({ ...options, ca: certificates.ca, servername: "elsewhere.example" }));
    expect(other.kind).toBe("unreachable");
    expect(other.message).toContain("elsewhere.example");
    await using named = await openUps({ ...options, ca: certificates.ca, servername: "localhost" });
    expect((await named.everything()).get("ups ups.load")).toBe(12);
  });

  test("a server without TLS is told apart, and gets no password in the clear", async () => {
    await using upsd = await startUpsd(peer, { upses: { one: plain } });
    await using proxy = await startNutProxy(upsd.port);
    const fault = await faultOf(openUps({ port: proxy.port, ups: "one", username: "admin", password: "correct horse", tls: "required" }));
    expect(fault.kind).toBe("unsupported");
    expect(fault.message).toContain("offers no TLS");
    expect(proxy.sent.join("")).toBe("STARTTLS\n");
  });
});
