import { span, spans } from "./outer-layer.ts";

const authenticated = 1;
const encrypted = 2;
const report = 0xa8;

/**
 * True for a version 3 message that carries less protection than `level` demands. Only a Report may: it tells a stranger's engine id and
 * clock, or that a login is wrong (RFC 3414, section 3.2). The library checks a digest only when the message itself says that it has one, so
 * without this an answer that simply claims none would pass.
 */
export const lacksProtection = (message: Buffer, level: "none" | "authenticated" | "encrypted"): boolean => {
  if (level === "none") return false;
  const whole = span(message, 0);
  const [, header, , scoped] = (whole && spans(message, whole.from, 4)) ?? [];
  const flags = header && spans(message, header.from, 3)?.[2];
  if (!header || !flags || !scoped) return true;
  const given = message[flags.from] ?? 0;
  const needed = level === "encrypted" ? authenticated | encrypted : authenticated;
  if ((given & needed) === needed) return false;
  if ((given & encrypted) !== 0) return true;
  const pdu = spans(message, scoped.from, 2)?.[1]?.to;
  return pdu === undefined || message[pdu] !== report;
};
