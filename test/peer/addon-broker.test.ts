import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { prepareAddon } from "./addon-rig.ts";
import { startMosquitto } from "./mosquitto.ts";
import { keys, listen } from "./program-rig.ts";
import { debianPackages, describeWithPeer, gatherPeers } from "./provision.ts";
import { until } from "./until.ts";

const { peers, together } = await gatherPeers({ mosquitto: debianPackages("mosquitto") });
const host = "127.0.0.1";
const user = "addons";

describeWithPeer("an add-on and the Supervisor's broker", together, () => {
  test.concurrent("its password changes, as it does when that add-on is installed anew: without a restart we are back with the new one", async () => {
    await using broker = await startMosquitto(peers.mosquitto, { users: { [user]: "the-first-password" } });
    await using rig = await prepareAddon();
    const { supervisor, program } = rig;
    supervisor.broker = { host, port: broker.port, username: user, password: "the-first-password" };
    await program.start();
    const state = async (): Promise<unknown> => ((await program.ask("/api/v1/health")).body["broker"] as { state?: string } | undefined)?.state;
    await until(async () => (await state()) === "connected", "connected", 15_000);

    await broker.stop();
    await broker.setUsers({ [user]: "the-second-password" });
    await broker.start();
    await until(async () => (await state()) === "refused", "refused", 20_000);
    const kinds = (await program.ask("/api/v1/repairs")).body as unknown as readonly { kind: string }[];
    expect(kinds.map(({ kind }) => kind)).toContain("broker-refused");
    supervisor.broker = { ...supervisor.broker, password: "the-second-password" };
    await until(async () => (await state()) === "connected", "connected with the new password", 40_000);

    await using ear = await listen(broker.url.replace("//", `//${user}:the-second-password@`));
    await until(() => ear.last("rack-power/status") === "online", "online");
    expect(await program.kill("SIGTERM")).toBe(0);
    await until(() => ear.last("rack-power/status") === "offline", "offline");
    expect(program.output()).not.toMatch(/the-first-password|the-second-password|did not expect/);
    const said = program.output().match(/the broker refuses the user name or password|does not allow this user/g) ?? [];
    expect(said).toHaveLength(1);
  });

  test.concurrent("there is none at first: the one that is installed later is found without a restart", async () => {
    await using rig = await prepareAddon();
    const { supervisor, program } = rig;
    await program.start();
    await until(() => program.output().includes("there is no broker"), "said");
    await using broker = await startMosquitto(peers.mosquitto, { users: { [user]: "the-only-password" } });
    supervisor.broker = { host, port: broker.port, username: user, password: "the-only-password" };
    await until(() => program.output().includes(`connected to ${host}:${broker.port}`), "connected", 40_000);
    expect(program.output().match(/there is no broker/g)).toHaveLength(1);
  });

  test.concurrent("told to end while the Supervisor says nothing and the broker is away, it ends at once with 0", async () => {
    await using rig = await prepareAddon();
    const { supervisor, program } = rig;
    supervisor.broker = { host, port: 1 };
    supervisor.failure = "silent";
    supervisor.failingPath = "/discovery";
    await program.start();
    await until(() => program.output().includes("does not answer"), "the broker is away");
    void program.ask("/api/v1/reload", { method: "POST" }).catch(() => undefined);
    const began = performance.now();
    expect(await program.kill("SIGTERM")).toBe(0);
    expect(performance.now() - began).toBeLessThan(9_000);
  });

  test.concurrent("nothing that it says anywhere holds a key, a password or the token", async () => {
    await using broker = await startMosquitto(peers.mosquitto, { users: { [user]: "the-broker-password" } });
    await using rig = await prepareAddon(
      "devices:\n  ups: { driver: nut, host: 127.0.0.1, port: 1, ups: a, username: me, password: the-nut-password }\n  bad: { driver: nut }\n",
    );
    const { supervisor, program } = rig;
    supervisor.broker = { host, port: broker.port, username: user, password: "the-broker-password" };
    await supervisor.writeOptions({ ...supervisor.options, log_level: "debug", mqtt_password: "the-option-password" });
    await program.start();
    await until(() => program.output().includes("connected to") && supervisor.messages.length === 1, "connected and announced", 15_000);
    await program.ask("/api/v1/reload", { method: "POST" });
    await until(async () => (await program.device("ups")).connection?.state === "offline", "the device is away");

    await using ear = await listen(broker.url.replace("//", `//${user}:the-broker-password@`));
    await until(() => ear.messages.length > 3, "what the broker keeps");
    const { url, cookie } = supervisor.openIngress({ id: "anna", username: "anna" });
    const pages = ["", "api/v1/devices", "api/v1/repairs", "api/v1/health", "api/v1/outcomes", "api/v1/entities", "api/v1/openapi.json"];
    const answers = await Promise.all(
      pages.flatMap((path) => [
        fetch(url + path, { headers: { cookie } }).then((answer) => answer.text()),
        fetch(`http://${host}:${program.port}/${path}`, { headers: { "x-api-key": keys.all } }).then((answer) => answer.text()),
      ]),
    );
    const command = await readFile(`/proc/${program.pid}/cmdline`, "utf8");
    const said = [program.output(), command, ...answers, ...ear.messages.flatMap(({ topic, text }) => [topic, text])];
    const own = await Promise.all(["home-assistant.key", "command-line.key"].map(async (name) => (await readFile(join(supervisor.data, name), "utf8")).trim()));
    const secrets = [...own, supervisor.token, keys.all, keys.look, "the-broker-password", "the-option-password", "the-nut-password"];
    expect(secrets.every((secret) => secret.length > 15)).toBe(true);
    expect(said.join("").length).toBeGreaterThan(20_000);
    for (const secret of secrets)
      for (const spelling of [secret, Buffer.from(secret).toString("base64"), encodeURIComponent(secret)])
        expect(said.filter((text) => text.includes(spelling))).toEqual([]);
  });
});
