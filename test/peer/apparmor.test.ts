import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { debianPackages, describeWithPeer } from "./provision.ts";

const peer = await debianPackages("apparmor");

describeWithPeer("AppArmor's own parser", peer, ({ bin, root, env }) => {
  /** Compiles without loading: no kernel with AppArmor is needed. */
  const compile = (text: string): { readonly status: number | null; readonly said: string } => {
    const { status, stderr } = spawnSync(bin("apparmor_parser"), ["--skip-kernel-load", "--skip-cache", "--quiet", "--base", join(root, "etc", "apparmor.d")], {
      input: text,
      encoding: "utf8",
      env: { ...env },
    });
    return { status, said: stderr };
  };
  const profile = readFileSync("apparmor.txt", "utf8");

  test("takes the profile, under any name that the Supervisor gives it", () => {
    expect(compile(profile)).toMatchObject({ status: 0 });
    expect(compile(profile.replace("profile rack_power ", "profile a0b1c2d3_rack_power "))).toMatchObject({ status: 0 });
  });

  test("refuses a profile that is wrong", () => {
    expect(compile(profile.replace("capability chown,", "capability chowm,")).status).not.toBe(0);
  });

  test("enforces: the profile is not in complain mode, has no child, and grants neither everything nor a way to it", () => {
    // The Supervisor wants one unindented profile and no more (utils/apparmor.py).
    expect(profile.match(/^profile .*$/gm)).toEqual(["profile rack_power flags=(attach_disconnected,mediate_deleted) {"]);
    const rules = profile.split("\n").map((line) => line.trim());
    expect(
      rules.filter((rule) =>
        /^(file|network|capability|mount|ptrace|signal|unix|dbus|change_profile),$|\bux\b|\bUx\b|^\/\*\*|sys_admin|sys_ptrace|net_admin|net_raw/.test(rule),
      ),
    ).toEqual([]);
  });
});
