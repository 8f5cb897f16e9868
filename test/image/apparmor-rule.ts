import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Rules of an AppArmor profile about files: a pattern, and the letters of what it grants (apparmor.d(5), File Rules). */
export interface FileRule {
  readonly pattern: RegExp;
  readonly grants: string;
  /** As it stands in the profile. */
  readonly text: string;
}

/** `@{NAME}=a b`, as the files in `tunables` set them; the ones that the kernel fills are written here. */
const kernelVariables: Readonly<Record<string, string>> = {
  pid: "[0-9]*",
  pids: "[0-9]*",
  tid: "[0-9]*",
  PROC: "/proc",
  etc_ro: "/{etc,usr/etc}",
  etc_rw: "/etc",
  sys: "/sys",
  run: "/{,var/}run",
  multiarch: "*-linux-gnu*",
};

const patternOf = (glob: string): RegExp => {
  const whole = glob.replaceAll(/@\{([^}]+)\}/g, (_, name: string) => kernelVariables[name] ?? `{unknown-${name}}`);
  const text = whole.replaceAll(/\*\*|[*?]|[{},]|[.+^$|()\\]/g, (sign) => {
    const known: Readonly<Record<string, string>> = { "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|" };
    return known[sign] ?? `\\${sign}`;
  });
  return new RegExp(`^${text}$`);
};

/** Rules of one file and of what it includes from `library`, the parser's own folder. */
export const fileRules = (text: string, library: string): readonly FileRule[] =>
  text.split("\n").flatMap((line): readonly FileRule[] => {
    const include = /^\s*(?:#include|include)(?: if exists)? <(abstractions\/[^>]+)>/.exec(line)?.[1];
    if (include !== undefined && !include.endsWith(".d")) return fileRules(readFileSync(join(library, include), "utf8"), library);
    const rule = /^\s*(?:owner )?"?(?<glob>[/@][^\s"]*)"?\s+(?<grants>[a-zA-Z]+),/.exec(line)?.groups;
    if (!rule) return [];
    const { glob = "", grants = "" } = rule;
    return [{ pattern: patternOf(glob), grants, text: line.trim() }];
  });

/** One thing that a process did to a file. `need`: r, w or x. */
export interface Access {
  readonly path: string;
  readonly need: "r" | "w" | "x";
}

const writing = /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/;

/** What strace's lines say that succeeded. Asking for a file's attributes needs no rule, and what is not there was not opened. */
export const accessesIn = (trace: string): readonly Access[] => {
  const found = new Map<string, Access>();
  const add = (path: string, need: Access["need"]): void => void found.set(`${need} ${path}`, { path, need });
  for (const line of trace.split("\n")) {
    if (/ = -1 /.test(line)) continue;
    const [, call = "", rest = ""] = /^\d+\s+(\w+)\((.*)$/.exec(line) ?? [];
    const paths = [...rest.matchAll(/"(\/[^"]*)"/g)].map(([, path = ""]) => path);
    if (call.startsWith("open")) for (const path of paths) add(path, writing.test(rest) ? "w" : "r");
    else if (call.startsWith("execve")) add(paths[0] ?? "", "x");
    else if (/^(mkdir|unlink|rename|link|symlink|chmod|fchmodat|chown|lchown|fchownat|truncate|rmdir|mknod)/.test(call))
      for (const path of paths) add(path, "w");
  }
  return [...found.values()];
};

/** Whether one of the rules grants it. Executing is granted by `ix`. */
export const isGranted = (rules: readonly FileRule[], { path, need }: Access): boolean => {
  // To AppArmor the name of a folder ends with a slash, and a process has its number.
  const known = path.replace(/^\/proc\/self(?=\/|$)/, "/proc/1");
  return rules.some(({ pattern, grants }) => grants.includes(need) && (pattern.test(known) || pattern.test(`${known}/`)));
};
