import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { logLevels } from "#platform/log.ts";
import { scopes } from "#domain/scope.ts";
import { addOnGrammar, buildGrammar, repositoryGrammar, translationGrammar } from "./supervisor-grammar.ts";

const read = (file: string): string => readFileSync(file, "utf8");
const config = addOnGrammar.parse(parse(read("config.yaml")));

describe("config.yaml", () => {
  test("is in the Supervisor's grammar, with every key that it knows spelt right", () => {
    expect(addOnGrammar.safeParse({ ...config, backup_excludes: [] }).success).toBe(false);
    expect(config.slug).toBe("rack_power");
  });

  test("offers the log levels and scopes that the program has", () => {
    expect(config.schema["log_level"]).toBe(`list(${logLevels.join("|")})`);
    expect(config.schema["api_keys"]).toEqual([{ name: "str", key: "password", scopes: [`list(${scopes.join("|")})`] }]);
  });

  test("has a default for every option that is not optional, and for no other", () => {
    const needed = Object.entries(config.schema).flatMap(([name, type]) => (typeof type === "string" && type.endsWith("?") ? [] : [name]));
    expect(Object.keys(config.options)).toEqual(needed);
  });

  test("takes nothing that lowers the security rating, and has what raises it to the highest: ingress and an AppArmor profile", () => {
    // home-assistant/supervisor, apps/utils.py, rating_security: 5, +2 for ingress, +1 for the profile; 8 is the highest.
    const costs = ["host_network", "host_pid", "host_uts", "host_ipc", "privileged", "kernel_modules", "full_access", "docker_api", "hassio_role", "auth_api"];
    expect(costs.filter((key) => key in (parse(read("config.yaml")) as object))).toEqual([]);
    expect(config.ingress).toBe(true);
    expect(existsSync("apparmor.txt")).toBe(true);
  });

  test("has one port for page, API and watchdog and one for NUT's clients and two for pwrstat_docker's, and none is open by itself", () => {
    expect(Object.entries(config.ports)).toEqual([
      [`${config.ingress_port}/tcp`, null],
      ["3493/tcp", null],
      ["5002/tcp", null],
      ["9222/tcp", null],
    ]);
    expect(config.watchdog).toContain(`[PORT:${config.ingress_port}]`);
  });
});

describe("the texts of the options", () => {
  const languages = readdirSync("translations");
  test("are there in five languages, and nothing else is in their folder, as the Supervisor reads all of it", () => {
    expect(languages).toEqual(["de.yaml", "en.yaml", "es.yaml", "fr.yaml", "nl.yaml"]);
  });

  test.each(languages)("%s names and describes each option, each field and each port", (file) => {
    const { configuration, network } = translationGrammar.parse(parse(read(`translations/${file}`)));
    expect(Object.keys(configuration)).toEqual(Object.keys(config.schema));
    const [fields] = config.schema["api_keys"] as readonly object[];
    expect(Object.keys(configuration["api_keys"]?.fields ?? {})).toEqual(Object.keys(fields ?? {}));
    expect(Object.keys(network)).toEqual(Object.keys(config.ports));
  });

  test("differ from language to language", () => {
    const texts = languages.map((file) => translationGrammar.parse(parse(read(`translations/${file}`))).configuration);
    for (const name of Object.keys(config.schema)) expect(new Set(texts.map((one) => one[name]?.description)).size, name).toBe(languages.length);
  });
});

test("repository.yaml and build.yaml are in the Supervisor's grammar", () => {
  expect(repositoryGrammar.parse(parse(read("repository.yaml"))).name).toBe(config.name);
  expect(Object.keys(buildGrammar.parse(parse(read("build.yaml"))).build_from).toSorted()).toEqual(config.arch.toSorted());
});

test("build.yaml says what the Dockerfile says by itself", () => {
  const { build_from: from } = buildGrammar.parse(parse(read("build.yaml")));
  const base = /^ARG BUILD_FROM=(\S+)$/m.exec(read("Dockerfile"))?.[1];
  expect([from.amd64, from.aarch64]).toEqual([base, base]);
});

test("no other file below the root is taken for an add-on, a repository or a build", () => {
  // The Supervisor looks for them in every folder whose name does not begin with a dot (store/data.py, utils/common.py).
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" }).split("\n");
  const taken = files.filter((file) => /^(config|build|repository)\..*\.?(ya?ml|json)$/i.test(basename(file)));
  expect(taken.toSorted()).toEqual(["build.yaml", "config.yaml", "repository.yaml"]);
});

test.each([
  ["icon.png", 128, 128],
  ["logo.png", 250, 60],
] as const)("%s has the size that the store shows", (file, width, height) => {
  const png = readFileSync(file);
  // PNG, 11.2.2: width and height are the first two numbers of the first chunk.
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([width, height]);
});
