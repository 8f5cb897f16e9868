import { AuthProtocols, PrivProtocols, SecurityLevel, type User } from "net-snmp";
import type { Secret } from "#domain/secret.ts";

/** HMAC of the user-based security model: MD5 and SHA-1 of RFC 3414, the rest of RFC 7860. */
export const authenticationProtocols = ["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"] as const;
export type AuthenticationProtocol = (typeof authenticationProtocols)[number];

/**
 * AES-128 of RFC 3826. AES-256 was never made a standard: `AES-256` lengthens the key after draft-blumenthal-aes-usm-04, `AES-256-C` after
 * draft-reeder-snmpv3-usm-3desede-00, as Cisco does. DES is not here: OpenSSL 3 has it no more.
 */
export const privacyProtocols = ["AES", "AES-256", "AES-256-C"] as const;
export type PrivacyProtocol = (typeof privacyProtocols)[number];

export interface Community {
  readonly version: "1" | "2c";
  readonly community: Secret;
}
export interface V3User {
  readonly version: "3";
  readonly user: string;
  readonly authentication?: { readonly protocol: AuthenticationProtocol; readonly key: Secret };
  /** Only together with authentication (RFC 3414, section 1.4.3). */
  readonly privacy?: { readonly protocol: PrivacyProtocol; readonly key: Secret };
}
export type Credentials = Community | V3User;

const authentications: Readonly<Record<AuthenticationProtocol, AuthProtocols>> = {
  MD5: AuthProtocols.md5,
  SHA: AuthProtocols.sha,
  "SHA-224": AuthProtocols.sha224,
  "SHA-256": AuthProtocols.sha256,
  "SHA-384": AuthProtocols.sha384,
  "SHA-512": AuthProtocols.sha512,
};
const privacies: Readonly<Record<PrivacyProtocol, PrivProtocols>> = {
  AES: PrivProtocols.aes,
  "AES-256": PrivProtocols.aes256b,
  "AES-256-C": PrivProtocols.aes256r,
};

/** The user as the library wants it. */
export const libraryUser = ({ user: name, authentication, privacy }: V3User): User => {
  if (!authentication) return { name, level: SecurityLevel.noAuthNoPriv };
  const authenticated = { name, authProtocol: authentications[authentication.protocol], authKey: authentication.key.reveal() };
  if (!privacy) return { ...authenticated, level: SecurityLevel.authNoPriv };
  return { ...authenticated, level: SecurityLevel.authPriv, privProtocol: privacies[privacy.protocol], privKey: privacy.key.reveal() };
};
