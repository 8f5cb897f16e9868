/**
 * Why there is no connection.
 * - `protocol`: the broker does not speak this version of MQTT
 * - `credentials`: wrong name or password, or not allowed to connect
 * - `identity`: the broker does not take our client id
 * - `certificate`: one of the two sides does not trust the other
 * - `unreachable`: nobody is there
 * - `silent`: somebody is there and ended the connection before it said anything
 * - `taken-over`: another client came with our client id
 * - `lost`: it was there and ended
 */
export type TroubleKind = "protocol" | "credentials" | "identity" | "certificate" | "unreachable" | "silent" | "taken-over" | "lost";

export interface Trouble {
  readonly kind: TroubleKind;
  /** One sentence for a person, without its full stop. */
  readonly detail: string;
}

/** Trouble that does not end by waiting: somebody has to change something. */
export const needsPerson: ReadonlySet<TroubleKind> = new Set<TroubleKind>(["credentials", "identity", "certificate", "taken-over"]);

/** Codes of CONNACK: 1 to 5 of MQTT 3.1.1, section 3.2.2.3; from 128 of MQTT 5, section 3.2.2.2. */
const refusals: Readonly<Record<number, Trouble>> = {
  1: { kind: "protocol", detail: "the broker does not speak this version of MQTT" },
  2: { kind: "identity", detail: "the broker refuses our client id" },
  4: { kind: "credentials", detail: "the broker refuses the user name or password" },
  5: { kind: "credentials", detail: "the broker does not allow this user to connect" },
  132: { kind: "protocol", detail: "the broker does not speak this version of MQTT" },
  133: { kind: "identity", detail: "the broker refuses our client id" },
  134: { kind: "credentials", detail: "the broker refuses the user name or password" },
  135: { kind: "credentials", detail: "the broker does not allow this user to connect" },
  138: { kind: "credentials", detail: "the broker has banned this client" },
};

/** OpenSSL's names for what the other side says of our certificate. */
const refusedCertificate = /ALERT_(UNKNOWN_CA|(?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_\w+|ACCESS_DENIED)$/;
const certificateCode = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|ALTNAME|HOSTNAME_MISMATCH/;

/** Sessions taken over: MQTT 5, section 3.14.2.1. */
export const takenOverCode = 142;

/** Makes sense of whatever mqtt.js emitted. Several addresses of one name fail as an error without a message; its code is then all there is. */
export const troubleOf = (error: unknown): Trouble => {
  const { code, message: text } = error as { readonly code?: unknown; readonly message?: string };
  const message = text?.replace(/\s+/g, " ").trim();
  if (typeof code === "number") return refusals[code] ?? { kind: "unreachable", detail: `the broker refuses the connection: ${message}` };
  const refused = typeof code === "string" ? refusedCertificate.exec(code)?.[1] : undefined;
  if (refused !== undefined) return { kind: "certificate", detail: `the broker refuses our certificate: ${refused.toLowerCase().replaceAll("_", " ")}` };
  if (typeof code === "string" && certificateCode.test(code)) return { kind: "certificate", detail: `the encrypted connection failed: ${message || code}` };
  if (message === "TLS not authorized") return { kind: "certificate", detail: "the broker's certificate is not trusted" };
  return { kind: "unreachable", detail: `the broker does not answer: ${message || String(code ?? error)}` };
};
