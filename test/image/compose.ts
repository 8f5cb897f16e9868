import { join } from "node:path";
import { z } from "zod";

const service = z.strictObject({
  image: z.string(),
  restart: z.enum(["unless-stopped", "always", "no"]),
  user: z.string(),
  read_only: z.boolean(),
  tmpfs: z.array(z.string()),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  env_file: z.string(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)),
  volumes: z.array(z.string()),
  mem_limit: z.string(),
  pids_limit: z.int(),
  stop_grace_period: z.string().regex(/^\d+s$/),
});

/** Of the compose specification what our file uses; a key that is not here, or misspelt, is refused. */
export const composeFile = z.strictObject({
  services: z.strictObject({ "rack-power": service }),
  volumes: z.record(z.string(), z.strictObject({})),
});

/** The options of `podman run` for a service of a compose file that lies in `folder`. Memory is left out: it takes cgroups that not every machine has. */
export const runOptions = ({ services, volumes }: z.infer<typeof composeFile>, folder: string): readonly string[] => {
  const one = services["rack-power"];
  const mount = (text: string): string => {
    const [from = "", to = ""] = text.split(":");
    if (from.startsWith("./")) return `--volume=${join(folder, from)}:${to}`;
    if (!(from in volumes)) throw new Error(`volume ${from} is not declared`);
    // A volume without a name is one of its own, and goes with the container.
    return `--volume=${to}`;
  };
  return [
    `--user=${one.user}`,
    `--read-only=${one.read_only}`,
    // podman gives /tmp, /run and more to a container that cannot be written; Docker does not.
    "--read-only-tmpfs=false",
    ...one.tmpfs.map((path) => `--tmpfs=${path}`),
    ...one.cap_drop.map((name) => `--cap-drop=${name}`),
    ...one.security_opt.map((text) => `--security-opt=${text.replace(/:true$/, "")}`),
    `--env-file=${join(folder, one.env_file)}`,
    ...one.volumes.map(mount),
  ];
};
