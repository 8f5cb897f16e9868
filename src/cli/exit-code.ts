/** What a script learns from the program's end. 75 and 78 are EX_TEMPFAIL and EX_CONFIG of sysexits(3). */
export const exitCodes = {
  /** Done; for a command to a device: the device, read back, agrees. */
  ok: 0,
  failed: 1,
  usage: 2,
  /** The command was refused, and nothing was sent. */
  refused: 3,
  /** A write may have left, and the device did not show its effect. */
  unconfirmed: 4,
  /** The running program cannot be reached. */
  unreachable: 75,
  configuration: 78,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeText = `Exit codes: 0 confirmed or done, 1 failed, 2 wrong usage, 3 refused, 4 unconfirmed,
75 the running program cannot be reached, 78 the configuration is wrong.`;

/** Ends the command with a sentence for the person and a code for the script. */
export class Stop extends Error {
  readonly code: ExitCode;
  constructor(code: ExitCode, message: string) {
    super(message);
    this.name = "Stop";
    this.code = code;
  }
}
