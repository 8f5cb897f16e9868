import { invalid, type Client, type Desk, type Verb } from "./desk.ts";
import type { NutUser } from "./option.ts";
import type { ServedUps } from "./rack.ts";
import { refusal } from "./word.ts";

/** Only for who has given a name and a password. Whether they are right is looked at when they are needed, as upsd does. */
export const personal =
  (verb: Verb): Verb =>
  (args, client, desk) => {
    if (client.username === undefined) return refusal("USERNAME-REQUIRED");
    return client.password === undefined ? refusal("PASSWORD-REQUIRED") : verb(args, client, desk);
  };

/** The user behind the connection, when name and password are right and he has to do with this UPS. */
export const userFor = (client: Client, { gate }: Desk, { id }: ServedUps): NutUser | undefined => {
  const user = gate.identify(client);
  return user && (user.devices === undefined || user.devices.includes(id)) ? user : undefined;
};

export const userName: Verb = ([name, ...more], client) => {
  if (name === undefined || more.length > 0) return refusal(invalid);
  if (client.username !== undefined) return refusal("ALREADY-SET-USERNAME");
  client.username = name;
  return "OK";
};

export const password: Verb = ([text, ...more], client) => {
  if (text === undefined || more.length > 0) return refusal(invalid);
  if (client.password !== undefined) return refusal("ALREADY-SET-PASSWORD");
  client.password = text;
  return "OK";
};

/** For a UPS of which nothing is known too: `upsmon` stays logged in while it is away. */
const withRight =
  (has: (user: NutUser) => boolean, act: (ups: ServedUps, user: NutUser, client: Client, desk: Desk) => string): Verb =>
  ([name, ...more], client, desk) => {
    if (name === undefined || more.length > 0) return refusal(invalid);
    const ups = desk.rack.find(name);
    if (!ups) return refusal("UNKNOWN-UPS");
    const user = userFor(client, desk, ups);
    return user && has(user) ? act(ups, user, client, desk) : refusal("ACCESS-DENIED");
  };

const isPrimary = ({ role }: NutUser): boolean => role === "primary";

const enter = withRight(
  ({ role }) => role !== undefined,
  ({ id }, _user, client) => {
    client.login = id;
    return "OK";
  },
);
export const login: Verb = (args, client, desk) => (client.login === undefined ? enter(args, client, desk) : refusal("ALREADY-LOGGED-IN"));
export const primary: Verb = withRight(isPrimary, () => "OK PRIMARY-GRANTED");
/** The older name of the same (NUT before 2.8). */
export const master: Verb = withRight(isPrimary, () => "OK MASTER-GRANTED");
export const forcedShutdown: Verb = withRight(isPrimary, (ups, user, _client, { rack }) => {
  rack.force(ups, user);
  return "OK FSD-SET";
});
