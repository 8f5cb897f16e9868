/** Why the program cannot start, one line each. Exit code 78: the configuration is wrong. */
export class NotStarted extends Error {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.name = "NotStarted";
    this.lines = lines;
  }
}
