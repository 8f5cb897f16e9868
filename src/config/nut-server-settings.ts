import { instantNames, delayedNames } from "#domain/nut-command.ts";
import { sha256 } from "#platform/digest.ts";
import { besideFile } from "#platform/path.ts";
import type { NutServerSettings } from "./configuration.ts";
import type { KnownIds } from "./known-id.ts";
import type { Finding, Path } from "./problem.ts";
import type { Sections } from "./section-schema.ts";
import { closest } from "./suggestion.ts";

/** With paths made absolute and of passwords only what tells them. */
export const nutServerSettings = (file: string, { listen, tls, users, names }: NonNullable<Sections["nutServer"]>): NutServerSettings => ({
  ...listen,
  ...(tls && { tls: { cert: besideFile(file, tls.cert), key: besideFile(file, tls.key) } }),
  names,
  users: users.map(({ password, ...rest }) => ({ ...rest, hash: sha256(password.reveal()) })),
});

/** Paths in the file at which the name of a file stands. */
export const nutServerFiles: readonly Path[] = [
  ["nutServer", "tls", "cert"],
  ["nutServer", "tls", "key"],
];

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);

const finding = (path: Path, message: string, suggestion?: string): Finding => ({
  path: ["nutServer", ...path],
  at: "value",
  message,
  ...(suggestion !== undefined && { suggestion }),
});

const ofUps = instantNames("ups").flatMap(([, names]) => names);
const known = [...ofUps, ...ofUps.flatMap((name) => delayedNames[name] ?? [])];
const ofOutlet = /^outlet(\.group)?\.\d+\.load\.(on|off|cycle)$/;
const isCommand = (name: string): boolean => known.includes(name) || ofOutlet.test(name);

/** What no schema sees, in the section as it stands: devices that are not there, commands that do not exist, names that are given twice. */
export const nutServerFindings = (section: unknown, devices: KnownIds): readonly Finding[] => {
  const { users, names } = record(section);
  const stranger = (path: Path, id: unknown): readonly Finding[] =>
    typeof id === "string" && !devices.has(id) ? [finding(path, "is no device of this file", closest(id, devices))] : [];
  const people = list(users).map(record);
  return [
    ...Object.entries(record(names)).flatMap(([name, id]) => [
      ...stranger(["names", name], id),
      ...(devices.has(name) ? [finding(["names", name], "is the id of a device already")] : []),
    ]),
    ...people.flatMap(({ name, commands, devices: own }, at) => [
      ...(typeof name === "string" && people.slice(0, at).some((other) => other["name"] === name)
        ? [finding(["users", at, "name"], "is the name of a user above")]
        : []),
      ...list(commands).flatMap((command, index) =>
        typeof command === "string" && !isCommand(command)
          ? [finding(["users", at, "commands", index], "is no instant command that is known here", closest(command, known))]
          : [],
      ),
      ...list(own).flatMap((id, index) => stranger(["users", at, "devices", index], id)),
    ]),
  ];
};
