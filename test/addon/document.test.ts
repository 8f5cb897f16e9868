import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfiguration } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock } from "#platform/clock.ts";
import { optionTables, withOptionTables } from "../../script/option-table.ts";
import { readSources } from "../../script/source.ts";

const read = (file: string): string => readFileSync(file, "utf8");
const drivers = createDrivers(systemClock);
const blocks = (file: string, language: string): readonly string[] =>
  [...read(file).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, text = ""]) => text);

/** What is wrong with a configuration file of this text, when the secrets and files that it names are there. */
const problemsOf = async (text: string): Promise<readonly string[]> => {
  const folder = mkdtempSync(join(tmpdir(), "rack-power-document-"));
  try {
    const secrets = [...text.matchAll(/!secret ([\w-]+)/g)].map(([, name]) => `${name}: example-of-a-secret`);
    writeFileSync(join(folder, "secrets.yaml"), `${[...new Set(secrets)].join("\n")}\n`);
    writeFileSync(join(folder, "rack-power.yaml"), text);
    const { problems } = await loadConfiguration(join(folder, "rack-power.yaml"), drivers, {});
    return problems.map(formatProblem);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

describe.each(["README.md", "DOCS.md"])("%s", (file) => {
  const examples = blocks(file, "yaml").filter((text) => /^devices:/m.test(text));
  test("shows configurations that are right as they stand", async () => {
    expect(examples.length).toBeGreaterThan(0);
    for (const text of examples) expect(await problemsOf(text), text).toEqual([]);
  });

  test("refers to headings and files that are there", () => {
    const text = read(file);
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(
      ([, title = ""]) =>
        `#${title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, "")
          .replaceAll(" ", "-")}`,
    );
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (target.startsWith("#")) expect(headings).toContain(target);
      else if (!target.includes("://")) expect(existsSync(target), target).toBe(true);
    }
  });
});

test("an example that is wrong would be seen", async () => {
  expect(await problemsOf("devices:\n  pdu: { driver: snmp, hots: 127.0.0.1, community: x }\n")).not.toEqual([]);
});

describe("DOCS.md", () => {
  const text = read("DOCS.md");
  const tables = optionTables(".");

  test("describes every option of the add-on, the file, each device and each driver as the program knows it", () => {
    expect(withOptionTables(text, tables), "npm run docs writes the tables").toBe(text);
    for (const name of tables.keys()) expect(text).toContain(`<!-- options: ${name} -->`);
    expect(tables.size).toBe(3 + drivers.size);
  });

  test("has an example for every driver", () => {
    const shown = new Set(blocks("DOCS.md", "yaml").flatMap((block) => [...block.matchAll(/driver: ([\w-]+)/g)].map(([, name = ""]) => name)));
    expect([...shown].toSorted()).toEqual([...drivers.keys()].toSorted());
  });

  test("quotes messages that the program really says", () => {
    const sources = [...readSources("src/**/*.ts").values()].join("\n");
    const quoted = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, message = ""]) => message).filter((message) => message.includes(" "));
    expect(quoted.length).toBeGreaterThan(10);
    expect(quoted.filter((message) => !sources.includes(message))).toEqual([]);
  });
});

test("README.md names commands that exist", () => {
  const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
  const named = [...read("README.md").matchAll(/\bnpm (?:run )?([a-z]+)/g)].map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  const cli = read("src/cli/cli.ts");
  const verbs = [...read("README.md").matchAll(/npm start -- ([a-z]+)/g)].map(([, verb = ""]) => verb);
  expect(verbs.length).toBeGreaterThan(3);
  expect(verbs.filter((verb) => !cli.includes(`.command("${verb}`))).toEqual([]);
});
