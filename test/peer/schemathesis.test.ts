import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keyOf, startRig } from "#test/publish/rest-rig.ts";
import { startProcess } from "./process.ts";
import { describeWithPeer, pythonPackages } from "./provision.ts";

const schemathesis = await pythonPackages("schemathesis");

/** What a request that fits the description may come to all the same, because of what is in the rack: no such device, no such command there, another label. */
const accepted = { getDevice: [], getPart: [], giveCommand: ["422"], acceptLabel: ["409"], addDevice: ["409", "422"] } as const;

/** Names that schemathesis makes up or learns from answers, or the ones of the rack that is there. */
const configuration = (names: "any" | "real"): string =>
  [
    `[checks.positive_data_acceptance]\nexpected-statuses = ["2xx", "404"]`,
    ...Object.entries(accepted).map(([operation, more]) =>
      [
        `[[operations]]\ninclude-operation-id = "${operation}"`,
        ...(names === "real" && operation !== "addDevice"
          ? [`parameters = { "path.id" = "rack-pdu"${operation === "getDevice" ? "" : `, "path.part" = "outlet/8"`} }`]
          : []),
        `checks.positive_data_acceptance.expected-statuses = ${JSON.stringify(["2xx", ...(names === "any" ? ["404"] : []), ...more])}`,
      ].join("\n"),
    ),
  ].join("\n");

interface Report {
  readonly operations: Readonly<Record<"total" | "selected" | "tested" | "errored" | "skipped", number>>;
  readonly test_cases: Readonly<Record<"generated" | "with_failures" | "errored", number>>;
  readonly warnings: Readonly<Record<string, readonly unknown[]>>;
}

/** Warnings that say only how often it guessed the name of something that is there. */
const luck = ["missing_test_data", "validation_mismatch", "low_valid_rate"];

/** More with the environment: RACK_POWER_EXAMPLES per operation, each time others; without it the same few, so that the test does not flicker. */
const examples = process.env["RACK_POWER_EXAMPLES"];
const effort = examples === undefined ? ["-n", "25", "--generation-deterministic"] : ["-n", examples, "--generation-database", "none"];

describeWithPeer("schemathesis, which reads the description and tries to break the server", schemathesis, (peer) => {
  test.for(["any", "real"] as const)("all checks on all paths but the endless stream find nothing, with %s names", { timeout: 300_000 }, async (names) => {
    await using rig = await startRig({ limits: { keyRequests: 1e9, addressRequests: 1e9, wrongKeys: 1e9 } });
    const folder = await mkdtemp(join(tmpdir(), "rack-power-schemathesis-"));
    try {
      await writeFile(join(folder, "schemathesis.toml"), configuration(names));
      const report = join(folder, "report.json");
      const chosen = ["--checks", "all", "--exclude-operation-id", "watch", "--header", `X-API-Key: ${keyOf.admin}`];
      // How many of the names it makes up its own generator throws away is nothing of ours.
      const manner = [
        "--suppress-health-check",
        "filter_too_much",
        "--continue-on-failure",
        "--no-color",
        "--request-timeout",
        "10",
        "--report-json-path",
        report,
        ...effort,
      ];
      await using run = await startProcess(
        peer.bin("st"),
        ["--config-file", "schemathesis.toml", "run", `${rig.server.url}/api/v1/openapi.json`, ...chosen, ...manner],
        { cwd: folder, env: peer.env },
      );
      expect(await run.ended, run.output()).toBe(0);
      const found = JSON.parse(await readFile(report, "utf8")) as Report;
      // It leaves out the path of the description itself.
      expect(found.operations).toMatchObject({ selected: 19, tested: 19, errored: 0, skipped: 0 });
      expect(found.test_cases).toMatchObject({ with_failures: 0, errored: 0 });
      expect(found.test_cases.generated).toBeGreaterThan(400);
      expect(Object.entries(found.warnings).filter(([name, about]) => about.length > 0 && !luck.includes(name))).toEqual([]);
      if (names === "real") expect(rig.bus.submitted.filter(({ device, part }) => device === "rack-pdu" && part === "outlet/8").length).toBeGreaterThan(20);
      const log = rig.lines.join("");
      expect(log).not.toMatch(/went wrong/);
      expect(log).not.toContain("canary");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
