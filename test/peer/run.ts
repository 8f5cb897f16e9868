import { execFile } from "node:child_process";

/** Runs a program to its end and gives its standard output. Throws one short line when it fails or takes longer than `ms`. */
export const run = (
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly ms?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const settings = { cwd: options.cwd, timeout: options.ms ?? 600_000, maxBuffer: 1 << 26, env: { ...process.env, ...options.env } };
    const child = execFile(program, [...args], settings, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const why = error.killed ? `took longer than ${settings.timeout} ms` : stderr.trim().split("\n").slice(-3).join(" ") || error.message;
      reject(new Error(`${program}: ${why}`, { cause: error }));
    });
    child.stdin?.end();
  });
