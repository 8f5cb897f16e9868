import { expect, test } from "vitest";
import { prepareAddon } from "#test/peer/addon-rig.ts";
import { startHomeAssistant } from "#test/peer/home-assistant.ts";
import { startMosquitto } from "#test/peer/mosquitto.ts";
import { listen } from "#test/peer/program-rig.ts";
import { debianPackages, describeWithPeer, pythonPackages } from "#test/peer/provision.ts";
import { until } from "#test/peer/until.ts";

const homeassistant = await pythonPackages("homeassistant");

interface CoreUser {
  readonly id: string;
  readonly name: string;
  readonly is_owner: boolean;
}

describeWithPeer("an add-on by the Supervisor", await debianPackages("mosquitto"), (mosquitto) => {
  describeWithPeer("at a real Home Assistant Core", homeassistant, (peer) => {
    test("knows Core's administrators, is known to Core, and comes back with it", async () => {
      await using broker = await startMosquitto(mosquitto);
      await using core = await startHomeAssistant(peer, { broker: { port: broker.port } });
      await using rig = await prepareAddon("devices:\n  ups: { driver: nut, host: 127.0.0.1, port: 1, ups: a, name: Cellar }\n");
      const { supervisor, program } = rig;
      supervisor.broker = { host: "127.0.0.1", port: broker.port };
      supervisor.core = core;
      await program.start();
      const kinds = async (): Promise<readonly string[]> =>
        ((await program.ask("/api/v1/repairs")).body as unknown as readonly { kind: string }[]).map(({ kind }) => kind);
      await until(async () => (await kinds()).length === 0, "nothing is wrong", 30_000);

      const [owner] = (await core.send<readonly CoreUser[]>({ type: "config/auth/list" })).filter(({ is_owner }) => is_owner);
      const create = async (name: string, group: string): Promise<CoreUser> =>
        (await core.send<{ user: CoreUser }>({ type: "config/auth/create", name, group_ids: [group] })).user;
      const second = await create("Second", "system-admin");
      const guest = await create("Gast Jürgen", "system-users");
      /** What ingress lets this user do: read, and have the configuration read again. */
      const may = async (user: { readonly id: string; readonly name: string } | undefined): Promise<readonly number[]> => {
        const { url, cookie } = supervisor.openIngress(user && { id: user.id, displayName: user.name });
        const ask = async (path: string, method: string): Promise<number> =>
          (await fetch(url + path, { method, headers: { cookie, origin: new URL(url).origin } })).status;
        return [await ask("api/v1/devices", "GET"), await ask("api/v1/reload", "POST")];
      };
      expect(owner).toBeDefined();
      expect(await may(owner)).toEqual([200, 200]);
      expect(await may(second)).toEqual([200, 200]);
      expect(await may(guest)).toEqual([200, 403]);
      expect(await may({ id: "nobody", name: "Nobody" })).toEqual([200, 403]);
      expect(await may(undefined)).toEqual([401, 401]);

      // What the Supervisor was told works: this is what the integration gets.
      const [message] = supervisor.messages;
      expect(message?.service).toBe("rack_power");
      const key = String(message?.config["api_key"]);
      expect((await program.ask("/api/v1/health", { key })).body).toMatchObject({ state: "degraded", broker: { state: "connected" } });

      await core.stop();
      await until(async () => (await kinds()).includes("core"), "Core's absence is shown", 15_000);
      await core.start();
      await until(async () => (await kinds()).length === 0, "and its return", 60_000);
      expect(await may(second)).toEqual([200, 200]);

      await using ear = await listen(broker.url);
      expect(await program.kill("SIGTERM")).toBe(0);
      await until(() => ear.last("rack-power/status") === "offline", "offline");
      expect(program.output()).not.toContain(key);
      expect(program.output()).not.toContain(supervisor.token);
      expect(program.output()).not.toMatch(/did not expect/);
      expect((await core.systemLog()).filter(({ message: lines }) => /rack.?power/i.test(lines.join(" ")))).toEqual([]);
    });
  });
});
