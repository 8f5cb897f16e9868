import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import type { Peer } from "../peer/provision.ts";
import { podman } from "./container-engine.ts";

const probe = z.looseObject({ httpGet: z.strictObject({ path: z.string(), port: z.literal("http") }) });
const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  ports: z.tuple([z.strictObject({ name: z.literal("http"), containerPort: z.int() })]),
  envFrom: z.tuple([z.strictObject({ secretRef: z.strictObject({ name: z.string() }) })]),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
});
const volume = z.union([
  z.strictObject({ name: z.string(), configMap: z.strictObject({ name: z.string() }) }),
  z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: z.string() }) }),
  z.strictObject({ name: z.string(), emptyDir: z.strictObject({}) }),
]);
const metadata = z.looseObject({ name: z.string() });
const labels = z.record(z.string(), z.string());
const pod = z.looseObject({ containers: z.tuple([container]), volumes: z.array(volume) });

const manifest = z.discriminatedUnion("kind", [
  z.strictObject({ apiVersion: z.literal("v1"), kind: z.literal("Secret"), metadata, stringData: z.record(z.string(), z.literal("")) }),
  z.strictObject({ apiVersion: z.literal("v1"), kind: z.literal("ConfigMap"), metadata, data: z.record(z.string(), z.string()) }),
  z.strictObject({ apiVersion: z.literal("v1"), kind: z.literal("PersistentVolumeClaim"), metadata, spec: z.looseObject({}) }),
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Service"),
    metadata,
    spec: z.strictObject({ selector: labels, ports: z.array(z.looseObject({ targetPort: z.literal("http") })) }),
  }),
  z.strictObject({
    apiVersion: z.literal("apps/v1"),
    kind: z.literal("Deployment"),
    metadata,
    spec: z.strictObject({
      replicas: z.literal(1),
      strategy: z.strictObject({ type: z.literal("Recreate") }),
      selector: z.strictObject({ matchLabels: labels }),
      template: z.strictObject({ metadata: z.strictObject({ labels }), spec: pod }),
    }),
  }),
]);
export type Manifest = z.infer<typeof manifest>;
type Of<Kind extends Manifest["kind"]> = Extract<Manifest, { kind: Kind }>;

export const readManifests = (folder: string): readonly Manifest[] =>
  readdirSync(folder)
    .toSorted()
    .map((file) => manifest.parse(parse(readFileSync(join(folder, file), "utf8"))));

const only = <Kind extends Manifest["kind"]>(manifests: readonly Manifest[], kind: Kind): Of<Kind> => {
  const found = manifests.filter((one): one is Of<Kind> => one.kind === kind);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} of kind ${kind}`);
  return found[0];
};

/** Names by which one refers to another; podman would make up what is missing. */
const checkNames = (manifests: readonly Manifest[]): void => {
  const { spec } = only(manifests, "Deployment");
  const { containers, volumes } = spec.template.spec;
  const wanted = volumes.map((one) => ("configMap" in one ? one.configMap.name : "persistentVolumeClaim" in one ? one.persistentVolumeClaim.claimName : ""));
  const pairs = [
    [wanted.filter((name) => name !== ""), [only(manifests, "ConfigMap").metadata.name, only(manifests, "PersistentVolumeClaim").metadata.name]],
    [containers[0].volumeMounts.map(({ name }) => name), volumes.map(({ name }) => name)],
    [containers[0].envFrom[0].secretRef.name, only(manifests, "Secret").metadata.name],
    [spec.template.metadata.labels, spec.selector.matchLabels],
    [only(manifests, "Service").spec.selector, spec.selector.matchLabels],
  ];
  for (const [one, other] of pairs)
    if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error(`${JSON.stringify(one)} is not ${JSON.stringify(other)}`);
};

export interface Played extends AsyncDisposable {
  /** Its name for podman. */
  readonly container: string;
  /** What the kubelet would ask. */
  readonly probes: readonly string[];
}

/**
 * Starts what the manifests say by `podman kube play`, with this image and with `secret` as every value of the Secret. podman 4.3 is helped over
 * three things: it publishes every port, which needs a network; it reads back a Secret only as JSON; it takes no image from here without being told.
 */
export const playManifests = async (engine: Peer, manifests: readonly Manifest[], image: string, secret: string): Promise<Played> => {
  checkNames(manifests);
  const folder = mkdtempSync(join(tmpdir(), "manifest-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const { spec, metadata: of } = only(manifests, "Deployment");
  const { metadata: sealed, stringData } = only(manifests, "Secret");
  const [ours] = spec.template.spec.containers;
  const [{ containerPort }] = ours.ports;
  const changed = structuredClone(only(manifests, "Deployment"));
  changed.spec.template.spec.containers = [{ ...ours, image, imagePullPolicy: "Never", ports: undefined } as unknown as typeof ours];
  const volumes = [only(manifests, "ConfigMap"), only(manifests, "PersistentVolumeClaim")];
  const played = file("played.yaml", [...volumes, changed].map((one) => stringify(one)).join("---\n"));
  const values = Object.fromEntries(Object.keys(stringData).map((name) => [name, Buffer.from(secret).toString("base64")]));
  const end = async (): Promise<void> => {
    await podman(engine, "kube", "down", played).catch(() => undefined);
    await podman(engine, "secret", "rm", sealed.name).catch(() => undefined);
    for (const { metadata: one } of volumes) await podman(engine, "volume", "rm", "--force", one.name);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await podman(engine, "secret", "create", sealed.name, file("secret.json", JSON.stringify(values)));
    await podman(engine, "kube", "play", "--network=none", played);
  } catch (error) {
    await end();
    throw error;
  }
  const probes = [ours.startupProbe, ours.readinessProbe, ours.livenessProbe].map(({ httpGet }) => `http://127.0.0.1:${containerPort}${httpGet.path}`);
  return { container: `${of.name}-pod-0-${ours.name}`, probes, [Symbol.asyncDispose]: end };
};
