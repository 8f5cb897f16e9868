import { defineConfig } from "vitest/config";

const peers = ["test/peer/**/*.test.ts"];
const homeAssistant = ["test/homeassistant/**/*.test.ts"];
const images = ["test/image/**/*.test.ts"];

/** Four projects, because they differ in what they need: nothing, real servers, containers, and a real Home Assistant Core. */
export default defineConfig({
  test: {
    allowOnly: false,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [...peers, ...homeAssistant, ...images],
          pool: "threads",
          // One file sees the modules that another has loaded, which takes a third less time: none may put a double in a module's place.
          isolate: false,
          testTimeout: 20_000,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: "peer", include: peers, pool: "forks", testTimeout: 60_000, hookTimeout: 60_000, sequence: { groupOrder: 2 } } },
      { extends: true, test: { name: "image", include: images, pool: "forks", maxWorkers: 1, testTimeout: 120_000, sequence: { groupOrder: 3 } } },
      {
        extends: true,
        test: {
          name: "homeassistant",
          include: homeAssistant,
          pool: "forks",
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
