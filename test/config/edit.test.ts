import { writeFileSync } from "node:fs";
import { chmod, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addDevice } from "#config/edit.ts";
import { insertDevice } from "#config/insert-device.ts";
import { loadConfiguration } from "#config/load.ts";
import type { Added } from "#domain/identified.ts";
import { Secret } from "#domain/secret.ts";
import { drivers, example, makeFolder, secrets, type Folder } from "./fixture.ts";

const bmc = { driver: "ipmi", host: "10.0.0.9", username: "admin", password: "hunter2-canary", name: "New server" };

const add = (folder: Folder, id: string, entry: Readonly<Record<string, unknown>>, remembered: Readonly<Record<string, string>> = {}): Promise<Added> =>
  addDevice(join(folder.path, "rack-power.yaml"), id, entry, { drivers, environment: {}, remembered: (_, name) => remembered[name] });
const read = (folder: Folder, name = "rack-power.yaml"): Promise<string> => readFile(join(folder.path, name), "utf8");
const shown = async (folder: Folder, id: string): Promise<unknown> => {
  const loaded = await loadConfiguration(join(folder.path, "rack-power.yaml"), drivers, {});
  return loaded.ok ? loaded.configuration.devices.find(({ settings }) => settings.id === id) : loaded.problems;
};

/** Ways in which people write the file, and what stands there afterwards in place of «». */
const layouts: Readonly<Record<string, readonly [before: string, added: string]>> = {
  "the issue's example": [`${example}«»`, "  new: { a }"],
  nothing: ["«»", "devices:\n  new: { a }"],
  "comments alone": ["# Rack Power\n«»", "\ndevices:\n  new: { a }"],
  "no devices": ["data: ./d # here\n«»", "\ndevices:\n  new: { a }"],
  "no line end": ["devices:\n  a: { driver: nut, host: a }«»", "\n  new: { a }"],
  "devices without any": ["devices:\n«»data: ./d\n", "  new: { a }"],
  "devices with what was left out": ["devices: # see DOCS\n  # rack-pdu:\n  #   driver: snmp\n«»\ndata: ./d\n", "  new: { a }"],
  "a section after it": ["devices:\n  a:\n    driver: nut\n    host: a # the old one\n    # port: 3493\n«»\n# ---\ndata: ./d\n", "  new: { a }"],
  "four blanks": ["devices:\n    a:\n        driver: nut\n        host: a\n«»data: ./d\n", "    new: { a }"],
  "a text of several lines": ["devices:\n  a:\n    driver: nut\n    host: a\n    name: |\n      one\n      two\n«»data: ./d\n", "  new: { a }"],
  "blank lines between": ["devices:\n  a: { driver: nut, host: a }\n\n  b: { driver: nut, host: b }\n«»\n", "\n  new: { a }"],
  "the end of lines of Windows": ["devices:\r\n  a: { driver: nut, host: a }\r\n«»data: ./d\r\n", "  new: { a }"],
  "an anchor and a merge": ["devices:\n  a: &nut { driver: nut, host: a }\n  b: { <<: *nut, host: b }\n«»", "  new: { a }"],
};

test.each(Object.entries(layouts))("%s: one entry more, and not a blank changed", async (_, [template, added]) => {
  const [head = "", tail = ""] = template.split("«»");
  await using folder = await makeFolder();
  await folder.write("rack-power.yaml", head + tail);
  expect(await add(folder, "new", { driver: "nut", host: "10.0.0.1" })).toEqual({ ok: true });
  const text = await read(folder);
  const [before, after] = [text.slice(0, head.length), text.slice(text.length - tail.length)];
  expect([before, after]).toEqual([head, tail]);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const piece = text.slice(head.length, text.length - tail.length);
  const step = template.includes("        driver") ? "        " : "    ";
  const wanted = added.replace(/( *)new: \{ a \}/, (_line, indent: string) => `${indent}new:\n${step}driver: nut\n${step}host: 10.0.0.1\n`);
  expect(piece).toBe(wanted.replaceAll("\n", newline));
  expect(await shown(folder, "new")).toMatchObject({ settings: { id: "new", driver: "nut" }, options: { host: "10.0.0.1", port: 3493 } });
});

test("braces keep their form; empty ones make room for lines", async () => {
  await using folder = await makeFolder();
  await folder.write("rack-power.yaml", "devices: { a: { driver: nut, host: a }, } # all\n");
  expect(await add(folder, "new", { driver: "nut", host: "b" })).toEqual({ ok: true });
  expect(await read(folder)).toBe("devices: { a: { driver: nut, host: a }, new: { driver: nut, host: b } } # all\n");
  await folder.write("rack-power.yaml", "devices: {} # none yet\ndata: ./d\n");
  expect(await add(folder, "new", { driver: "nut", host: "b" })).toEqual({ ok: true });
  expect(await read(folder)).toBe("devices: # none yet\n  new:\n    driver: nut\n    host: b\ndata: ./d\n");
});

test("a password goes to secrets.yaml under a name of its own, and is nowhere else", async () => {
  await using folder = await makeFolder(`${secrets}new-password: "another" # of long ago`);
  await folder.write("rack-power.yaml", example);
  await chmod(join(folder.path, "secrets.yaml"), 0o640);
  expect(await add(folder, "new", bmc)).toEqual({ ok: true });
  expect(await read(folder)).toBe(
    `${example}  new:\n    driver: ipmi\n    name: New server\n    host: 10.0.0.9\n    username: admin\n    password: !secret new-password-2\n`,
  );
  expect(await read(folder, "secrets.yaml")).toBe(`${secrets}new-password: "another" # of long ago\nnew-password-2: "hunter2-canary"\n`);
  expect((await stat(join(folder.path, "secrets.yaml"))).mode & 0o777).toBe(0o640);
  expect(await shown(folder, "new")).toMatchObject({ options: { password: expect.any(Secret) as Secret } });
  expect(await add(folder, "third", { ...bmc, password: "!secret new-password-2" })).toEqual({ ok: true });
  expect(await add(folder, "fourth", { ...bmc, password: "!secret draft-password" }, { "draft-password": 'with "quotes" \\ and #' })).toEqual({ ok: true });
  expect((await read(folder)).match(/password: !secret .*/g)?.slice(-2)).toEqual(["password: !secret new-password-2", "password: !secret fourth-password"]);
  const fourth = (await shown(folder, "fourth")) as { readonly options: { readonly password: Secret } };
  expect(fourth.options.password.reveal()).toBe('with "quotes" \\ and #');
});

test("what is not good is not written: wrong entries, taken ids, a file that is wrong or strange", async () => {
  await using folder = await makeFolder();
  const refused = async (text: string, id: string, entry: Readonly<Record<string, unknown>>): Promise<unknown> => {
    await folder.write("rack-power.yaml", text);
    const result = await add(folder, id, entry);
    expect(await read(folder)).toBe(text);
    expect(await read(folder, "secrets.yaml")).toBe(secrets);
    expect(JSON.stringify(result)).not.toContain("canary");
    return result.ok ? "written" : [result.why, result.problems[0]];
  };
  expect(await refused(example, "web", bmc)).toEqual(["exists", undefined]);
  expect(await refused(example, "new", { ...bmc, prot: 1 })).toEqual([
    "wrong",
    expect.stringMatching(/^devices\.new\.prot: unknown key; .* Did you mean "port"\?$/),
  ]);
  expect(await refused(example, "new", { ...bmc, driver: "impi" })).toEqual(["wrong", expect.stringMatching(/Did you mean "ipmi"/)]);
  expect(await refused(example, "new", { ...bmc, password: "!secret nowhere" })).toEqual(["wrong", expect.stringMatching(/secrets\.yaml has no text/)]);
  expect(await refused(example, "new", {})).toEqual(["wrong", expect.stringMatching(/driver: is missing/)]);
  expect(await refused("devices: [\n", "new", bmc)).toEqual(["wrong", expect.stringMatching(/indentation/)]);
  expect(await refused("devices: []\n", "new", bmc)).toEqual(["wrong", undefined]);
  expect(await refused("{ devices: { a: { driver: nut, host: a } } }\n", "new", bmc)).toEqual(["wrong", undefined]);
  expect(await refused("data: ./d\n...\n", "new", bmc)).toEqual(["wrong", expect.anything()]);
  expect(await refused("x: &d { a: { driver: nut, host: a } }\ndevices: *d\n", "new", bmc)).toEqual(["wrong", undefined]);
});

test("a file that a person saves meanwhile is not overwritten; a link is followed; a folder that takes nothing is told", async () => {
  await using folder = await makeFolder();
  const file = await folder.write("rack-power.yaml", example);
  const result = await addDevice(
    file,
    "new",
    { ...bmc, password: "!secret draft" },
    {
      drivers,
      environment: {},
      // Asked for after the file was read and before it is written.
      remembered: () => {
        writeFileSync(file, `${example}# edited\n`);
        return "hunter2-canary";
      },
    },
  );
  expect(result).toMatchObject({ ok: false, why: "changed" });
  expect(await read(folder)).toBe(`${example}# edited\n`);
  const real = join(folder.path, "real.yaml");
  await rename(file, real);
  await symlink(real, file);
  await writeFile(real, example);
  expect(await add(folder, "linked", { driver: "nut", host: "a" })).toEqual({ ok: true });
  expect(await readFile(real, "utf8")).toContain("  linked:\n");
  expect(await addDevice(join(folder.path, "none", "rack-power.yaml"), "a", bmc, { drivers, environment: {}, remembered: () => undefined })).toMatchObject({
    why: "unwritable",
  });
});

test("whatever comments, blanks and entries there are, they stay to the last byte", async () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const comment = fc.oneof(fc.constant(""), fc.stringMatching(/^ {1,3}# [ -~]{0,20}$/));
  const line = fc.oneof(
    fc.constant("\n"),
    fc.stringMatching(/^ {0,6}# [ -~]{0,20}$/).map((text) => `${text}\n`),
  );
  const device = (indent: string, step: string): fc.Arbitrary<string> =>
    fc
      .tuple(word, word, comment, fc.array(line, { maxLength: 2 }), fc.boolean())
      .map(([id, host, note, between, braces]) =>
        braces
          ? `${indent}${id}: { driver: nut, host: ${host} }${note}\n${between.join("")}`
          : `${indent}${id}:${note}\n${between.join("")}${indent}${step}driver: nut\n${indent}${step}host: "${host}"${note}\n`,
      );
  const file = fc.tuple(fc.constantFrom("  ", "    "), fc.constantFrom("  ", "   "), fc.boolean()).chain(([indent, step, first]) =>
    fc
      .tuple(fc.array(line, { maxLength: 3 }), fc.uniqueArray(device(indent, step), { maxLength: 4 }), fc.array(line, { maxLength: 3 }), comment)
      .map(([head, entries, tail, note]) => {
        const devices = `devices:${note}\n${entries.join("")}`;
        const other = `log: warn${note}\n${tail.join("")}`;
        return head.join("") + (first ? devices + other : other + devices);
      }),
  );
  let added = 0;
  await fc.assert(
    fc.asyncProperty(file, async (text) => {
      const result = insertDevice(text, "new-one", { driver: "nut", host: "x" });
      if (result === undefined) return;
      // What was there is there in order; what is new is one piece.
      const start = text.split("").findIndex((letter, at) => letter !== result[at]);
      const from = start === -1 ? text.length : start;
      const length = result.length - text.length;
      expect(length).toBeGreaterThan(0);
      const cuts = [from, ...Array.from({ length: 60 }, (_, back) => from - back)].filter((at) => at >= 0);
      expect(cuts.some((at) => result.slice(0, at) + result.slice(at + length) === text)).toBe(true);
      added++;
    }),
    { numRuns: 500 },
  );
  expect(added).toBeGreaterThan(450);
});

test("the whole way, on files of all kinds: it says the same as before and one device more, or is refused", async () => {
  await using folder = await makeFolder();
  const cut = fc
    .tuple(fc.nat({ max: example.length }), fc.constantFrom("", "\n", " # x\n", "\n  # y\n", "---\n", "\t", "}", "{"))
    .map(([at, junk]) => example.slice(0, at) + junk + example.slice(at));
  let written = 0;
  await fc.assert(
    fc.asyncProperty(cut, async (text) => {
      const before = await folder.load(text);
      const result = await add(folder, "new", { driver: "nut", host: "x" });
      const now = await read(folder);
      if (!result.ok) {
        expect(now).toBe(text);
        return;
      }
      written++;
      const after = await loadConfiguration(join(folder.path, "rack-power.yaml"), drivers, {});
      const devices = (loaded: typeof after): unknown =>
        (loaded.ok ? loaded.configuration : loaded.usable?.configuration)?.devices
          .filter(({ settings }) => settings.id !== "new")
          .map(({ settings }) => settings);
      expect(devices(after)).toEqual(devices(before));
    }),
    { numRuns: 200 },
  );
  expect(written).toBeGreaterThan(50);
});
