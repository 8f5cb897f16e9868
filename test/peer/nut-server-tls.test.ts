import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import type { NutTls } from "#publish/nut/option.ts";
import { type Certificates, makeCertificates } from "./certificate.ts";
import { faultOf, openUps } from "./nut-open.ts";
import { startNutProxy } from "./nut-proxy.ts";
import { rawAnswer, startUpsd } from "./nut-server-rig.ts";
import { serveRack } from "./nut-served.ts";
import { debianPackages, describeWithPeer } from "./provision.ts";
import { run } from "./run.ts";
import { until } from "./until.ts";
import { startUpsmon } from "./upsmon.ts";

const office = { variables: { "ups.status": "OL", "ups.load": "12", "battery.charge": "87" }, commands: ["beeper.mute"] };
const read = ({ server }: Certificates): NutTls => ({ cert: readFileSync(server.certificate, "utf8"), key: readFileSync(server.key, "utf8") });

describeWithPeer("our NUT server with TLS", await debianPackages("nut-server"), (peer) => {
  test("upsmon, told to speak nothing else and to trust our authority alone, watches through it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nut-tls-"));
    const certificates = await makeCertificates(peer, folder);
    const database = join(folder, "nss");
    mkdirSync(database);
    writeFileSync(join(folder, "word"), "\n");
    const certutil = (...args: readonly string[]): Promise<string> =>
      run(peer.bin("certutil"), [...args, "-d", `sql:${database}`, "-f", join(folder, "word")], { env: peer.env });
    await certutil("-N", "--empty-password");
    await certutil("-A", "-n", "authority", "-t", "CT,C,C", "-i", certificates.ca);
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using served = await serveRack({ tls: read(certificates) });
    served.rig.start("office", "nut", { ups: "office", port: upsd.port });
    await served.rig.online("office");
    await using proxy = await startNutProxy(served.server.port);
    await using watcher = await startUpsmon(peer, join(folder, "order"), {
      system: `office@127.0.0.1:${proxy.port}`,
      user: "watcher",
      password: "watch",
      role: "secondary",
      settings: `CERTPATH ${database}\nCERTVERIFY 1\nFORCESSL 1`,
    });
    await until(async () => (await rawAnswer(served.server.port, "GET NUMLOGINS office")).includes("NUMLOGINS office 1\n"), "upsmon is logged in");
    upsd.driver("office").set({ "ups.status": "OB" });
    await until(() => watcher.notices().includes("ONBATT"), "on battery");
    const clear = proxy.sent.join("");
    expect(clear).toMatch(/^STARTTLS\n/);
    expect(clear).not.toContain("watch");
    await watcher[Symbol.asyncDispose]();
    await until(async () => (await rawAnswer(served.server.port, "GET NUMLOGINS office")).includes("NUMLOGINS office 0\n"), "it is not counted any more");
    rmSync(folder, { recursive: true, force: true });
  });

  test("our own client, whose other end is the real upsd elsewhere, reads and commands through it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nut-tls-"));
    const certificates = await makeCertificates(peer, folder);
    await using upsd = await startUpsd(peer, { upses: { office } });
    await using served = await serveRack({ tls: read(certificates) });
    served.rig.start("office", "nut", { ups: "office", port: upsd.port, username: "admin", password: "correct horse" });
    await served.rig.online("office");
    const login = { port: served.server.port, ups: "office", username: "admin", password: "correct horse", tls: "required" };
    await using ups = await openUps({ ...login, ca: certificates.ca });
    expect((await ups.everything()).get("ups ups.charge")).toBe(87);
    await ups.execute("ups", "ups.beeperMute");
    expect(upsd.driver("office").given).toEqual(["beeper.mute"]);
    expect((await faultOf(openUps(login))).message).toContain("No TLS connection");
    rmSync(folder, { recursive: true, force: true });
  });

  test("nothing is taken over from before: what stands in the clear behind STARTTLS ends the connection, and a client that does not go on is closed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nut-tls-"));
    const certificates = await makeCertificates(peer, folder);
    await using served = await serveRack({ tls: read(certificates), limits: { handshake: 100, check: 20 } });
    const injected = connect(served.server.port, "127.0.0.1", () => injected.write("STARTTLS\nUSERNAME mallory\n")).resume();
    await once(injected, "close");
    expect(injected.bytesRead).toBe(0);
    const lazy = connect(served.server.port, "127.0.0.1", () => lazy.write("STARTTLS\n")).resume();
    await once(lazy, "close");
    expect(lazy.bytesRead).toBe("OK STARTTLS\n".length);
    const plain = connect(served.server.port, "127.0.0.1", () => plain.write("STARTTLS\n"));
    const [agreed] = (await once(plain, "data")) as [Buffer];
    expect(agreed.toString()).toBe("OK STARTTLS\n");
    const secured = connectTls({ socket: plain, ca: readFileSync(certificates.ca), host: "127.0.0.1" });
    await once(secured, "secureConnect");
    secured.write("STARTTLS\nNETVER\nLOGOUT\n");
    let text = "";
    secured.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    await once(secured, "close");
    expect(text).toBe("ERR ALREADY-SSL-MODE\n1.3\nOK Goodbye\n");
    rmSync(folder, { recursive: true, force: true });
  });

  test("a certificate that is none is told in one sentence, and the one before stays", async () => {
    const folder = mkdtempSync(join(tmpdir(), "nut-tls-"));
    const certificates = await makeCertificates(peer, folder);
    await expect(serveRack({ tls: { cert: "nonsense", key: "nonsense" } })).rejects.toThrow("certificate and key cannot be used");
    await using served = await serveRack({ tls: read(certificates) });
    expect(() => served.server.replace([], { cert: read(certificates).cert, key: "nonsense" })).toThrow("certificate and key cannot be used");
    expect(await rawAnswer(served.server.port, "STARTTLS")).toBe("");
    served.server.replace([], undefined);
    expect(await rawAnswer(served.server.port, "STARTTLS")).toBe("ERR FEATURE-NOT-CONFIGURED\nOK Goodbye\n");
    rmSync(folder, { recursive: true, force: true });
  });
});
