import { join } from "node:path";
import { expect, test } from "vitest";
import { secretsIn } from "#config/secret-text.ts";
import { sha256 } from "#platform/digest.ts";
import { lines, makeFolder } from "./fixture.ts";

const devices = "devices: { office-ups: { driver: nut, host: a }, lab: { driver: nut, host: b } }\n";

test("a server for NUT's clients is off until it is asked for, and then listens to this machine alone", async () => {
  await using folder = await makeFolder();
  const [without, bare] = [await folder.load(devices), await folder.load(`nutServer: {}\n${devices}`)];
  expect(without.ok && without.configuration.nutServer).toBeUndefined();
  expect(bare.ok && bare.configuration.nutServer).toEqual({ host: "127.0.0.1", port: 3493, users: [], names: {} });
});

test("of its users only the digests of the passwords are kept, and of its files the whole path", async () => {
  await using folder = await makeFolder();
  await folder.write("server.crt", "x");
  await folder.write("server.key", "x");
  const loaded = await folder.load(`nutServer:
  listen: "[::]:3493"
  tls: { cert: server.crt, key: server.key }
  names: { ups: office-ups }
  users:
    - { name: monuser, password: canary-word, role: secondary }
    - { name: nas, password: !secret nut, role: primary, commands: [beeper.mute, load.off, outlet.1.load.cycle], set: true, devices: [lab] }
    - { name: root, password: other-word, commands: all }
${devices}`);
  expect(loaded.problems).toEqual([]);
  if (!loaded.ok) throw new Error("not loaded");
  expect(loaded.configuration.nutServer).toEqual({
    host: "::",
    port: 3493,
    tls: { cert: join(folder.path, "server.crt"), key: join(folder.path, "server.key") },
    names: { ups: "office-ups" },
    users: [
      { name: "monuser", hash: sha256("canary-word"), role: "secondary", commands: [], set: false },
      {
        name: "nas",
        hash: sha256("canary-nut-22aa"),
        role: "primary",
        commands: ["beeper.mute", "load.off", "outlet.1.load.cycle"],
        set: true,
        devices: ["lab"],
      },
      { name: "root", hash: sha256("other-word"), commands: "all", set: false },
    ],
  });
  expect(loaded.configuration.secrets).toEqual(expect.arrayContaining(["canary-word", "canary-nut-22aa", "other-word"]));
  expect(secretsIn(loaded.configuration.nutServer)).toEqual([]);
});

test("one of the UPSs behind an entry that stands for all of a server is no misspelling", async () => {
  await using folder = await makeFolder();
  const users = (id: string): string => `nutServer: { names: { ups: ${id} }, users: [ { name: a, password: word, devices: [${id}] } ] }\n`;
  const [all, one] = ["devices: { nas: { driver: nut, host: a, ups: all } }\n", "devices: { nas: { driver: nut, host: a, ups: office } }\n"];
  expect((await folder.load(users("nas-office") + all)).problems).toEqual([]);
  expect((await folder.load(users("nas-office") + one)).problems).toHaveLength(2);
  expect((await folder.load(users("nsa-office") + all)).problems).toHaveLength(2);
});

const wrong: Readonly<Record<string, readonly string[]>> = {
  "{ listen: 3493 }": ["1:22: nutServer.listen: is a number; expected text (Address and port, such as 127.0.0.1:8099, [::1]:8099 or :8099)"],
  "{ tls: { cert: none.crt } }": [
    "1:14: nutServer.tls.key: is missing; expected text (PEM file of the certificate's key)",
    "1:27: nutServer.tls.cert: there is no such file, or it cannot be read",
  ],
  "{ names: { ups: ofice-ups, lab: office-ups, Up: lab } }": [
    '1:28: nutServer.names.ups: is no device of this file. Did you mean "office-ups"?',
    "1:44: nutServer.names.lab: is the id of a device already",
    "1:56: nutServer.names.Up: is no name of a UPS: small letters, digits, - and _",
  ],
  "{ users: [ { name: a b, password: word, role: master } ] }": [
    '1:31: nutServer.users[0].name: is no name that every client can send: no blanks, and none of " \\ # = [ ]; expected text (As its client gives it; shown in the log and with every outcome)',
    "1:58: nutServer.users[0].role: is none of the possible words; expected primary or secondary (May watch as upsmon does. A primary may announce a forced shutdown)",
  ],
  "{ users: [ { name: a, password: word, comands: all } ] }": [
    '1:50: nutServer.users[0].comands: unknown key; expected name, password, role, commands, set or devices. Did you mean "commands"?',
  ],
  "{ users: [ { name: a, password: word, commands: [beeper.mut] }, { name: a, password: rose, devices: [lap] } ] }": [
    '1:61: nutServer.users[0].commands[0]: is no instant command that is known here. Did you mean "beeper.mute"?',
    "1:84: nutServer.users[1].name: is the name of a user above",
    '1:113: nutServer.users[1].devices[0]: is no device of this file. Did you mean "lab"?',
  ],
  "{ users: [ { name: a } ] }": ["1:23: nutServer.users[0].password: is missing; expected text (Of this user; many clients can send no blanks)"],
};

test.each(Object.entries(wrong))("%s is told with its place", async (section, expected) => {
  await using folder = await makeFolder();
  const loaded = await folder.load(`nutServer: ${section}\n${devices}`);
  expect(lines(loaded.problems)).toEqual(expected.map((line) => `rack-power.yaml:${line}`));
});
