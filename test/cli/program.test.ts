import { expect, test } from "vitest";
import { startRackControl } from "#simulator/rack/control.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { runCli } from "./cli-rig.ts";

test("run is what happens without a word, and takes the configuration", async () => {
  const runs: unknown[] = [];
  const run = async (options: { readonly config?: string }): Promise<78> => {
    runs.push(options);
    return 78;
  };
  expect((await runCli([], { run })).code).toBe(78);
  expect((await runCli(["--config", "a.yaml"], { run })).code).toBe(78);
  expect((await runCli(["run", "--config", "b.yaml"], { run })).code).toBe(78);
  expect((await runCli(["simulate"], { run })).code).toBe(78);
  expect(runs).toEqual([{}, { config: "a.yaml" }, { config: "b.yaml" }, {}]);
});

test("help tells the exit codes, version is the version", async () => {
  const { code, out } = await runCli(["--help"]);
  expect(code).toBe(0);
  for (const word of ["run", "check", "drive", "identify", "record", "simulate", "devices", "outcomes", "accept"])
    expect(out).toMatch(new RegExp(`^  ${word}\\b`, "m"));
  expect(out).toContain(
    "Exit codes: 0 confirmed or done, 1 failed, 2 wrong usage, 3 refused, 4 unconfirmed,\n75 the running program cannot be reached, 78 the configuration is wrong.",
  );
  expect(await runCli(["--version"])).toEqual({ code: 0, out: "1.2.3\n", err: "" });
});

test("simulate speaks to the running demonstration", async () => {
  const rack = createRack();
  await using control = await startRackControl(rack);
  const demonstration = async (): Promise<{ controlPort: number; config: string }> => ({ controlPort: control.port, config: "none" });
  expect(await runCli(["simulate", "mains", "off"], { demonstration })).toEqual({ code: 0, out: "mains: off\n", err: "" });
  expect(rack.mains).toBe(false);
  expect((await runCli(["simulate", "outlet", "3", "off", "--port", String(control.port)])).out).toBe("outlet 3: off\n");
  expect(rack.pdu.outlets[2]?.on).toBe(false);
  expect((await runCli(["simulate", "status"], { demonstration })).out).toContain("server web: off");
  expect(await runCli(["simulate", "mains", "maybe"], { demonstration })).toMatchObject({ code: 2, err: expect.stringContaining("mains off | on") as string });
});

test("simulate without a demonstration", async () => {
  expect(await runCli(["simulate", "status"])).toMatchObject({ code: 75, err: "no demonstration is running\n" });
  expect((await runCli(["simulate", "status", "--port", "1"])).code).toBe(75);
  expect((await runCli(["simulate", "status", "--port", "x"])).code).toBe(2);
});
