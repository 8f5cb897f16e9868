#!/usr/bin/env node
import "#platform/memory.ts";
import { keepCode } from "#platform/code-cache.ts";

const words = process.argv.slice(2);
keepCode(process.env);

/** A container asks every minute, for ever: no more is loaded for that than the question needs. */
const quickly = async (): Promise<number> => {
  const { checkHealth } = await import("#cli/health.ts");
  const print = (text: string): void => void process.stdout.write(text);
  const complain = (text: string): void => void process.stderr.write(text);
  return checkHealth({}, { environment: process.env, print, complain });
};

const run = async (): Promise<number> => {
  if (words[0] === "health" && words.length === 1) return quickly();
  const { runCommandLine } = await import("#program/command-line.ts");
  return runCommandLine(words, process.env);
};

// The event loop may hold a socket of a library still; the answer to whoever started us does not wait for it.
process.exit(await run());
