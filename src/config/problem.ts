/** One thing that is wrong with the configuration, and where. Holds no secret. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `devices.office-ups.port`; empty when it is the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  /** The word that was probably meant. */
  readonly suggestion?: string;
}

/** `path: message; expected …. Did you mean "…"?` */
export const problemSentence = ({ path, message, expected, suggestion }: Problem): string => {
  const what = path === "" ? message : `${path}: ${message}`;
  return `${what}${expected === undefined ? "" : `; expected ${expected}`}${suggestion === undefined ? "" : `. Did you mean "${suggestion}"?`}`;
};

/** One line, as compilers and editors write it: `file:line:column: path: message; expected …. Did you mean "…"?` */
export const formatProblem = (problem: Problem): string => `${problem.file}:${problem.line}:${problem.column}: ${problemSentence(problem)}`;

export type Path = readonly (string | number)[];

/** Where a colon was lost, a key can hold a password (`password hunter2`): only what looks like a key is shown. The place tells the rest. */
const shownKey = (key: string): string => {
  const plain = /^[\w./<-]{0,64}/.exec(key)?.[0] ?? "";
  return plain === key ? key : `${plain}…`;
};

/** `rest.keys[0].name` */
export const formatPath = (path: Path): string =>
  path.map((step, at) => (typeof step === "number" ? `[${step}]` : at === 0 ? shownKey(step) : `.${shownKey(step)}`)).join("");

/** What is wrong at a path, before it is known where in the text that is. */
export interface Finding {
  readonly path: Path;
  /** Point at the key rather than at its value. */
  readonly at: "key" | "value";
  readonly message: string;
  readonly expected?: string;
  readonly suggestion?: string;
  /** The last step of the path must not be shown. */
  readonly hidden?: true;
}
