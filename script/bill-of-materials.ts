import { spawnSync } from "node:child_process";

interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
}

interface Bill {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** npm's own answer (CycloneDX), from the lock file alone; with what is for development, as `--omit=dev` also leaves out what both have in common. */
const askNpm = (root: string): Bill => {
  const program = process.env["npm_execpath"];
  const [command, first] = program?.endsWith(".js") ? [process.execPath, [program]] : ["npm", []];
  const args = [...first, "sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"];
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8", shell: process.platform === "win32" });
  if (status !== 0) throw new Error(`npm sbom: ${stderr}`);
  return JSON.parse(stdout) as Bill;
};

/**
 * The software bill of materials (CycloneDX 1.5, JSON) of the packages that are in the bundle, as `name@version`, and of no others. Without
 * time and serial number, so that the same sources give the same bill. Throws when npm does not know one of them.
 */
export const billOfMaterials = (root: string, bundled: ReadonlySet<string>): string => {
  const { metadata, components, dependencies, ...rest } = askNpm(root);
  const kept = components.filter(({ name, version }) => bundled.has(`${name}@${version}`));
  const unknown = [...bundled].filter((one) => !kept.some(({ name, version }) => one === `${name}@${version}`));
  if (unknown.length > 0) throw new Error(`in the bundle, but not among the packages that npm knows: ${unknown.join(", ")}`);
  const own = metadata.component;
  const refs = new Set([own["bom-ref"], ...kept.map((one) => one["bom-ref"])]);
  const bill = {
    ...rest,
    serialNumber: undefined,
    metadata: { ...metadata, timestamp: undefined, component: { ...own, name: "rack-power" } },
    components: kept,
    dependencies: dependencies.flatMap(({ ref, dependsOn }) => (refs.has(ref) ? [{ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }] : [])),
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
};
