import { LineCounter, isNode, parseDocument } from "yaml";
import type { z } from "zod";
import { foldersIn, readTextIfThere } from "#platform/file.ts";
import { type Profile, profileSchema } from "./schema.ts";

/** Reads one profile. `file` is for messages. Throws an Error that names file, line and column of everything that is wrong. */
export const parseProfile = (name: string, text: string, file: string): Profile => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const offsetOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  };
  if (document.errors.length > 0) throw new Error(document.errors.map((error) => `${at(error.pos[0])}: ${error.message.split("\n")[0] ?? ""}`).join("\n"));
  const result = profileSchema.safeParse(document.toJS());
  if (result.success) return { name, ...result.data };
  throw new Error(
    result.error.issues
      .flatMap(deepest)
      .map(({ path, message }) => `${at(offsetOf(path))}: ${path.join(".")}: ${message}`)
      .join("\n"),
  );
};

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Where one of several forms was allowed, the complaint about the form that was most likely meant: the one with the fewest. */
const deepest = (issue: z.core.$ZodIssue): readonly Issue[] => {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const [nearest = []] = [...issue.errors].sort(
    (a, b) => b.reduce((most, one) => Math.max(most, one.path.length), 0) - a.reduce((most, one) => Math.max(most, one.path.length), 0),
  );
  return nearest.flatMap(deepest).map((inner) => ({ path: [...issue.path, ...inner.path], message: inner.message }));
};

/** Every folder in `folder` that holds a profile.yaml. The folder's name is the profile's. */
export const loadProfiles = async (folder: string): Promise<readonly Profile[]> => {
  const profiles: Profile[] = [];
  for (const name of await foldersIn(folder)) {
    const file = `${folder.replace(/\/$/, "")}/${name}/profile.yaml`;
    const text = await readTextIfThere(file);
    if (text !== undefined) profiles.push(parseProfile(name, text, file));
  }
  return profiles;
};
