import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandNames } from "#domain/capability.ts";
import type { PartDescription } from "#domain/device.ts";
import { loadConfiguration } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import { createDrivers } from "#driver/registry.ts";
import { systemClock } from "#platform/clock.ts";
import { parseCommandPayload } from "#publish/mqtt/command-payload.ts";
import { createTopics } from "#publish/mqtt/topic.ts";
import { runCli } from "#test/cli/cli-rig.ts";
import { guardedCommands, key, withUps } from "#test/engine/told-double.ts";
import { keyOf, startRig } from "#test/publish/rest-rig.ts";
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

describe("the examples of variables and values in DOCS.md", () => {
  const text = read("DOCS.md").split("## Variables, values")[1]?.split("\n## ")[0] ?? "";
  const block = (language: string): readonly string[] =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, one = ""]) => one);
  const words = (line: string): readonly string[] => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = ""]) => quoted ?? plain);
  const parts: readonly PartDescription[] = [
    { id: "ups", points: ["ups.shutdownPending"], commands: ["ups.loadOff", "ups.shutdownReturn", "ups.shutdownStayOff"] },
    { id: "variable/ups.delay.start", points: ["variable.number"], commands: ["variable.set"], limits: { unit: "s", least: 0, most: 600 } },
    { id: "variable/input.sensitivity", points: ["variable.choice"], commands: ["variable.set"], limits: { options: ["low", "high"] } },
  ];
  const values = {
    [key("ups", "ups.shutdownPending")]: false,
    [key("variable/ups.delay.start", "variable.number")]: 20,
    [key("variable/input.sensitivity", "variable.choice")]: "low",
  };

  test("do at a UPS what they say, and the refused one gives the token that the next one needs", async () => {
    await using rig = await startRig();
    rig.store.describe("office-ups", { parts });
    await withUps(parts, values, async ({ rack, ups }) => {
      const { act } = ups;
      ups.act = (command, double) =>
        command.name === "ups.shutdownReturn" ? double.values.set(key("ups", "ups.shutdownPending"), true) : act(command, double);
      rig.bus.answer = (command) => rack.engine.bus.submit({ ...command, device: "ups" }).outcome;
      const environment = { RACK_POWER_URL: rig.server.url, RACK_POWER_KEY: keyOf.control };
      let token = "";
      const codes: number[] = [];
      for (const line of block("sh").flatMap((one) => one.trim().split("\n"))) {
        const { code, out, err } = await runCli(words(line.replace("TOKEN", token)).slice(1), { environment });
        expect(err, line).toBe("");
        token = /--confirm (\S+)/.exec(out)?.[1] ?? "";
        codes.push(code);
      }
      expect(codes).toEqual([0, 0, 3, 0]);
      for (const json of block("json")) {
        const path = /`(\/api\/v1\/[^`]+)`/.exec(text)?.[1] ?? "";
        const answer = await rig.ask(path, "control", { method: "POST", body: json, headers: { "content-type": "application/json" } });
        expect([answer.status, await answer.json()]).toMatchObject([200, { value: 120, state: "confirmed" }]);
        expect(parseCommandPayload(Buffer.from(json))).toMatchObject({ command: "variable.set", value: 120 });
        const topic = /`(rack-power\/[^`]+)`/.exec(text)?.[1] ?? "";
        expect(createTopics("rack-power", "homeassistant").parseCommand(topic)).toEqual({ device: "office-ups", part: "variable/ups.delay.start" });
      }
      expect(ups.writes).toEqual([
        ["variable.set", 120],
        ["variable.set", "high"],
        ["ups.shutdownReturn", 60],
      ]);
    });
    expect(block("json")).toHaveLength(1);
    expect(block("yaml")).toHaveLength(1);
  });

  test("name every command that drops a load", () => {
    for (const name of guardedCommands(commandNames)) expect(text).toContain(`\`${name}\``);
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
