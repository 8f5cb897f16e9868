import { StringDecoder } from "node:string_decoder";
import { Fault } from "#domain/fault.ts";

/** upsd's own answers are at most 512 characters (SMALLBUF in NUT's include/common.h); other servers get room. */
export const longestLine = 8192;

/** Cuts a stream of bytes into lines and holds never more than one line of it. */
export class LineReader {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  /** The lines that `chunk` completes, without their ends. Throws `Fault` malformed when a line is too long. */
  push(chunk: Buffer): readonly string[] {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > longestLine || lines.some((line) => line.length > longestLine)) {
      this.#rest = "";
      throw new Fault("malformed", `The NUT server sent a line of more than ${longestLine} characters`);
    }
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }
}
