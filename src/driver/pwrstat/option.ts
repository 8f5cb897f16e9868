import { z } from "zod";

/** Bytes of a socket's path, with the one that ends it (unix(7), sun_path). */
const longestPath = 107;

const path = z.string().regex(/^\/[^\0]+$/, "is no whole path, which begins with /");

export const pwrstatOptions = z
  .strictObject({
    socket: path
      .refine((text) => new TextEncoder().encode(text).length <= longestPath, `has more than ${longestPath} bytes, which no socket has`)
      .optional()
      .describe("Socket of CyberPower's daemon: `/var/pwrstatd.ipc`, or where it is mounted"),
    program: path.optional().describe("CyberPower's program instead of the socket, such as `/usr/sbin/pwrstat`: it tests and silences too"),
  })
  .refine(({ socket, program }) => (socket === undefined) !== (program === undefined), {
    path: ["socket"],
    message: "needs socket or program, and not both",
  });
export type PwrstatOptions = z.output<typeof pwrstatOptions>;
