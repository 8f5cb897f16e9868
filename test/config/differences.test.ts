import { expect, test } from "vitest";
import type { Configuration } from "#config/configuration.ts";
import { differences } from "#config/differences.ts";
import { example, makeFolder, secrets, type Folder } from "./fixture.ts";

const load = async (folder: Folder, text: string): Promise<Configuration> => {
  const loaded = await folder.load(text);
  if (!loaded.ok) throw new Error("not loaded");
  return loaded.configuration;
};

test("the same file changes nothing, however it is written", async () => {
  await using folder = await makeFolder();
  const before = await load(folder, example);
  const same = { added: [], removed: [], changed: [], unchanged: ["office-ups", "rack-pdu", "web"], sections: [] };
  expect(differences(before, await load(folder, example))).toEqual(same);
  expect(differences(before, await load(folder, `# moved down\n\n${example.replace("interval: 10s", "interval: 10")}`))).toEqual(same);
});

test("added, removed, changed, and sections for the next start", async () => {
  await using folder = await makeFolder();
  const before = await load(folder, example);
  const text = example.replace("  web:", "  web-2:").replace("lock: locked", "lock: confirm").replace("data: ./data", "data: ./other");
  expect(differences(before, await load(folder, text))).toEqual({
    added: ["web-2"],
    removed: ["web"],
    changed: ["rack-pdu"],
    unchanged: ["office-ups"],
    sections: ["data"],
  });
});

test("a changed password is a change, although it prints the same", async () => {
  await using folder = await makeFolder();
  const before = await load(folder, example);
  await folder.write("secrets.yaml", secrets.replace("canary-nut", "other-nut").replace("canary-rest", "other-rest"));
  expect(differences(before, await load(folder, example))).toMatchObject({ changed: ["office-ups"], unchanged: ["rack-pdu", "web"], sections: ["rest"] });
});

test("into quarantine and out again", async () => {
  await using folder = await makeFolder();
  const good = await load(folder, example);
  const bad = await load(folder, example.replace("port: 623", "port: x"));
  expect(differences(good, bad).changed).toEqual(["web"]);
  expect(differences(bad, good).changed).toEqual(["web"]);
  expect(differences(bad, bad).unchanged).toEqual(["office-ups", "rack-pdu", "web"]);
});
