import { fork } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { startBroker } from "../bench/broker.ts";
import { alone } from "../peer/cache.ts";
import { debianPackages, describeWithPeer } from "../peer/provision.ts";
import { until } from "../peer/until.ts";
import { fileRules, isGranted } from "./apparmor-rule.ts";
import { touchedPaths } from "./apparmor-path.ts";
import { bundledPackages } from "./bundled.ts";
import { composeFile, runOptions } from "./compose.ts";
import { containerEngine, podman } from "./container-engine.ts";
import { containerOf, startContainer, type Container } from "./container.ts";
import { playManifests, readManifests, type Manifest } from "./kubernetes.ts";
import { additions, buildRackPower, image, type Additions } from "./rack-power-image.ts";

const folder = mkdtempSync(join(tmpdir(), "image-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = "not-a-real-key-but-long-enough";
const configuration = `data: /data\nrest: { listen: ":8099" }\ndevices: {}\n`;

/** Folders as a host has them that are mounted at /data and /config, here still belonging to root. */
const mounts = (name: string, text?: string): { readonly data: string; readonly config: string; readonly options: readonly string[] } => {
  const [data, config] = [join(folder, name, "data"), join(folder, name, "config")];
  for (const path of [data, config]) mkdirSync(path, { recursive: true });
  if (text !== undefined) writeFileSync(join(config, "rack-power.yaml"), text, { mode: 0o600 });
  return { data, config, options: [`--volume=${data}:/data`, `--volume=${config}:/config`] };
};

/** User and capabilities of the program itself: the image's first process. */
const rightsOf = async (container: Container): Promise<{ readonly user: string; readonly group: string; readonly capabilities: number }> => {
  const status = await container.exec("cat", "/proc/1/status");
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "";
  return { user: field("Uid"), group: field("Gid"), capabilities: Number.parseInt(field("CapEff"), 16) };
};

const withoutRights = { user: "1000", group: "1000", capabilities: 0 };
const own = (path: string): void => chownSync(path, 1000, 1000);

describeWithPeer("the image", await containerEngine(), (engine) => {
  let added: Additions | undefined;
  const found = (): Additions => added ?? expect.fail("there is no image");
  beforeAll(async () => {
    await buildRackPower(engine);
    added = await additions(engine);
  }, 600_000);
  afterAll(async () => {
    added?.[Symbol.dispose]();
    if (added) await podman(engine, "image", "rm", "--force", image);
  });

  describe("what is in it", () => {
    test("is at most 30 MB more than its base, compressed", () => {
      expect(found().files.length).toBeGreaterThan(10);
      expect(found().compressed / 1e6).toBeGreaterThan(1);
      expect(found().compressed / 1e6).toBeLessThan(30);
      process.stderr.write(`image: ${(found().compressed / 1e6).toFixed(1)} MB compressed beyond the base\n`);
    });

    test("is the program, ipmitool, and nothing of the sources, the tests or the machine that built it", () => {
      const ours = found().files.filter((file) => /^app\/.*[^/]$/.test(file) && !/^app\/cache\/[^/]+$/.test(file));
      const kinds = new Set(
        ours.map((file) =>
          file
            .replace(/^app\/cache\/.*/, "app/cache/*")
            .replace(/^app\/publish\/text\/\w\w\./, "app/publish/text/*.")
            .replace(/^app\/[\w-]+-[\w-]{8}\.mjs$/, "app/*.mjs"),
        ),
      );
      expect([...kinds].filter((file) => !file.startsWith("app/ui/")).toSorted()).toEqual([
        "app/*.mjs",
        "app/cache/*",
        "app/licences.txt",
        "app/publish/text/*.yaml",
        "app/rack-power.mjs",
        "app/sbom.cdx.json",
        "app/start.mjs",
      ]);
      expect(found().files).toContain("usr/bin/ipmitool");
      expect(found().files).toContain("usr/local/bin/rack-power");
      expect(found().files.filter((file) => /\.(map|ts|test\.\w+)$|npm|node_modules|^etc\/ssl|(^|\/)(test|root|home|tmp|build)\/./.test(file))).toEqual([]);
      const texts = ours.map((file) => found().read(file).toString("latin1"));
      for (const text of texts) {
        expect(text).not.toMatch(/sourceMappingURL=(?!data:,|\$)/);
        expect(text).not.toContain(process.cwd());
        if (hostname().length > 6) expect(text).not.toContain(hostname());
      }
      expect(texts.length).toBe(ours.length);
    });

    test("is named by the bill of materials, package by package", async () => {
      const bill = JSON.parse(found().read("app/sbom.cdx.json").toString()) as {
        readonly bomFormat: string;
        readonly metadata: { readonly component: { readonly name: string } };
        readonly components: readonly { readonly name: string; readonly version: string; readonly purl: string; readonly licenses: readonly unknown[] }[];
      };
      expect([bill.bomFormat, bill.metadata.component.name]).toEqual(["CycloneDX", "rack-power"]);
      const named = bill.components.map(({ name, version }) => `${name}@${version}`).toSorted();
      expect(named).toEqual([...(await bundledPackages())].toSorted());
      expect(named.length).toBeGreaterThan(80);
      const licences = found().read("app/licences.txt").toString();
      for (const { name, version } of bill.components) expect(licences).toContain(`${name} ${version} (`);
    });

    test("says who it is, how it is stopped and how to see that it is well", async () => {
      const [{ Config: config }] = JSON.parse(await podman(engine, "image", "inspect", image)) as [{ Config: Record<string, unknown> }];
      expect(config["Labels"]).toMatchObject({
        "io.hass.type": "app",
        "io.hass.arch": "amd64",
        "io.hass.version": "7.8.9",
        "org.opencontainers.image.version": "7.8.9",
        "org.opencontainers.image.licenses": "MIT",
      });
      expect(config).toMatchObject({
        StopSignal: "SIGTERM",
        Entrypoint: ["rack-power"],
        Cmd: ["run", "--config", "/config/rack-power.yaml"],
        ExposedPorts: { "8099/tcp": {} },
      });
      const store = parse(readFileSync("config.yaml", "utf8")) as { readonly name: string; readonly description: string; readonly url: string };
      const labels = config["Labels"] as Record<string, string>;
      expect([labels["io.hass.name"], labels["io.hass.description"], labels["io.hass.url"]]).toEqual([store.name, store.description, store.url]);
      // Docker asks every two seconds while it starts: the Supervisor shows the page only when it is well.
      expect(readFileSync("Dockerfile", "utf8")).toMatch(/^HEALTHCHECK .*--start-interval=2s/m);
    });
  });

  test("as an add-on: root with Docker's capabilities, folders that belong to root; the program runs as nobody special and ends with 0", async () => {
    const { data, config, options } = mounts("add-on");
    writeFileSync(join(data, "options.json"), "{}", { mode: 0o600 });
    // A Supervisor that does not answer: no reason not to run, as the page has to say so.
    const supervisor = ["--env=SUPERVISOR_TOKEN=not-a-real-token", "--env=SUPERVISOR_URL=http://127.0.0.1:9"];
    await using container = await startContainer(engine, image, [...supervisor, ...options]);
    await container.healthy();
    expect(await rightsOf(container)).toEqual(withoutRights);
    expect(await container.exec("rack-power", "--version")).toMatch(/^\d+\.\d+\.\d+$/);
    const files = [data, join(data, "options.json"), join(data, "rack-power.db"), config, join(config, "rack-power.yaml")];
    for (const path of files) expect(statSync(path).uid, path).toBe(1000);
    const begin = performance.now();
    expect(await container.stop()).toBe(0);
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(await container.log()).not.toMatch(/did not expect|Deprecation|going on as root|not-a-real-token/);
  });

  test("as an add-on it touches no file that its AppArmor profile does not grant, and the profile grants nothing of anybody else", async () => {
    const [strace, parser] = await Promise.all([debianPackages("strace"), debianPackages("apparmor")]);
    if (!strace.ok || !parser.ok) return expect.fail("strace and AppArmor's parser are needed");
    const devices = `devices:\n  bmc: { driver: ipmi, host: localhost, username: a, password: b, interface: ipmitool }\n  pdu: { driver: snmp, host: localhost, community: x }\n`;
    const { options } = mounts("apparmor", `mqtt: { url: "mqtt://localhost:1" }\n${devices}`);
    const supervisor = ["--env=SUPERVISOR_TOKEN=not-a-real-token", "--env=SUPERVISOR_URL=http://127.0.0.1:9"];
    const touched = await touchedPaths(engine, image, strace, { folder: join(folder, "apparmor"), run: [...supervisor, ...options] });
    const rules = fileRules(readFileSync("apparmor.txt", "utf8"), join(parser.root, "etc/apparmor.d"));
    expect(touched.filter((access) => !isGranted(rules, access))).toEqual([]);
    for (const path of ["/data/rack-power.db", "/config/rack-power.yaml", "/usr/bin/ipmitool"]) expect(touched.map((one) => one.path)).toContain(path);
    const foreign = [
      "/etc/shadow",
      "/root/.ssh/id_ed25519",
      "/homeassistant/secrets.yaml",
      "/ssl/privkey.pem",
      "/share/x",
      "/backup/x.tar",
      "/media/x",
      "/bin/sh",
      "/usr/bin/apt-get",
    ];
    for (const path of foreign) for (const need of ["r", "w", "x"] as const) expect(isGranted(rules, { path, need }), `${need} ${path}`).toBe(false);
    for (const path of ["/app/rack-power.mjs", "/usr/local/bin/node", "/etc/hosts"]) expect(isGranted(rules, { path, need: "w" }), path).toBe(false);
    return undefined;
  });

  test("a link in its folders is not followed when they are taken", async () => {
    const { data, options } = mounts("link", configuration);
    const foreign = join(folder, "foreign");
    writeFileSync(foreign, "", { mode: 0o600 });
    await using container = await startContainer(engine, image, [...options, `--volume=${foreign}:/foreign`]);
    await container.healthy();
    await container.exec("ln", "-s", "/foreign", "/data/link");
    await container.stop();
    await container.start();
    await container.healthy();
    expect(await container.log()).not.toMatch(/WARN|ERROR|Deprecation/);
    expect(lstatSync(join(data, "link")).uid).toBe(1000);
    expect(statSync(foreign).uid).toBe(0);
  });

  test("as a user, with a root that cannot be written and without any capability", async () => {
    const { data, config, options } = mounts("strict", configuration);
    for (const path of [data, config, join(config, "rack-power.yaml")]) own(path);
    const strict = ["--user=1000:1000", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"];
    await using container = await startContainer(engine, image, [...strict, ...options]);
    await container.healthy();
    expect(await rightsOf(container)).toEqual(withoutRights);
    expect(await container.stop()).toBe(0);
    expect(readdirSync(data)).toContain("rack-power.db");
  });

  test("root that may not become another user goes on as root, and says so", async () => {
    const { options } = mounts("bare", configuration);
    await using container = await startContainer(engine, image, ["--cap-drop=all", ...options]);
    await container.healthy();
    expect(await rightsOf(container)).toEqual({ user: "0", group: "0", capabilities: 0 });
    expect(await container.log()).toContain("going on as root");
    expect(await container.stop()).toBe(0);
  });

  test("a file that is wrong ends it with 78 and the line", async () => {
    const { options } = mounts("wrong", "devices: 7\n");
    await using container = await startContainer(engine, image, options);
    expect(await container.ended).toBe(78);
    expect(await container.log()).toContain("/config/rack-power.yaml:1:10: devices");
  });

  test("compose.yaml: a service that becomes well", async () => {
    const place = join(folder, "compose");
    cpSync("addon", place, { recursive: true });
    for (const path of [join(place, "config"), join(place, "config/rack-power.yaml")]) own(path);
    const file = join(place, "rack-power.env");
    expect(readFileSync(file, "utf8").match(/^[A-Z_]+=$/gm)?.length).toBe(2);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/^([A-Z_]+)=$/gm, `$1=${key}`));
    const compose = composeFile.parse(parse(readFileSync(join(place, "compose.yaml"), "utf8")));
    await using container = await startContainer(engine, image, runOptions(compose, place));
    await container.healthy();
    expect(await rightsOf(container)).toEqual(withoutRights);
    expect(await container.log()).not.toContain(key);
    expect(await container.stop()).toBe(0);
  });

  test("Kubernetes: the manifests fit each other and become a pod that is well", async () => {
    const manifests = readManifests("addon/kubernetes");
    expect(manifests.map(({ kind }) => kind).toSorted()).toEqual(["ConfigMap", "Deployment", "PersistentVolumeClaim", "Secret", "Service"]);
    // The manifests' own names, which only one can have at a time.
    await alone("kube-play", () => checkPod(manifests));
  });

  const checkPod = async (manifests: readonly Manifest[]): Promise<void> => {
    await using played = await playManifests(engine, manifests, image, key);
    const pod = containerOf(engine, played.container);
    for (const url of played.probes) {
      expect(url).toBe("http://127.0.0.1:8099/api/v1/health");
      await until(() => pod.exec("node", "-e", `fetch("${url}").then(({ ok }) => process.exit(ok ? 0 : 1))`).then(() => true), "answer to a probe", 20_000);
    }
    expect(played.probes.length).toBe(3);
    expect(await rightsOf(pod)).toEqual(withoutRights);
    expect(await pod.exec("ls", "/data")).toContain("rack-power.db");
    expect(await pod.log()).not.toContain(key);
    expect(await pod.stop()).toBe(0);
  };

  test("from the start of the container to the first state of a device at the broker", async () => {
    const rack = fork("test/bench/simulated-rack.ts");
    using _rack = { [Symbol.dispose]: () => rack.disconnect() };
    const [text] = (await once(rack, "message")) as [string];
    const took: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await using broker = await startBroker();
      const first = Promise.withResolvers<number>();
      await broker.listen(["rack-power/rack-pdu/+/#"], () => first.resolve(performance.now()));
      const { options } = mounts(`start-${turn}`, text.replace(/^mqtt: .*$/m, `mqtt: { url: "${broker.url}" }`).replace(/^data: .*$/m, "data: /data"));
      const begin = performance.now();
      await using container = await startContainer(engine, image, options, "host");
      const ended = container.ended.then(async () => Promise.reject(new Error(await container.log())));
      took.push((await Promise.race([first.promise, ended])) - begin);
      ended.catch(() => undefined);
    }
    process.stderr.write(`image: first state after ${took.map(Math.round).join(", ")} ms\n`);
    expect(took.length).toBe(3);
  });
});
