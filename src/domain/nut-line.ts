import { Fault } from "./fault.ts";

/** Words that upsd's parser takes as they are. It also knows `#` as a comment and `=` as a word of its own, so all else goes into quotes. */
const plain = /^[\w.:@/+-]+$/;
/** One word: quoted with `\"` and `\\` inside, or bare; up to a blank or the end. */
const word = /[ \t]*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|((?:[^\s"\\]|\\.)+))(?=[ \t]|$)/y;
const blank = /[ \t]*$/y;
// A control character would end the line, and with it begin a request that nobody made.
const control = /[\u0000-\u001f\u007f]/;

const unescape = (text: string): string => (text.includes("\\") ? text.replaceAll(/\\(.)/g, "$1") : text);

/** Text in quotes. What would end the line is left out by whoever calls this. */
export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

const encodeWord = (text: string): string => {
  if (control.test(text)) throw new Fault("rejected", "A name or value for the NUT server holds a control character");
  return plain.test(text) ? text : quoted(text);
};

/** A request without its line end (RFC 9271, 4.1). Throws `Fault` rejected for text that cannot be sent in one line. */
export const encodeWords = (words: readonly string[]): string => words.map(encodeWord).join(" ");

/** The words of one line, or undefined when quotes do not close or stand inside a word. */
export const decodeWords = (line: string): readonly string[] | undefined => {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    word.lastIndex = at;
    const found = word.exec(line);
    if (!found) {
      blank.lastIndex = at;
      return blank.test(line) ? words : undefined;
    }
    words.push(unescape(found[1] ?? found[2] ?? ""));
    at = word.lastIndex;
  }
  return words;
};
