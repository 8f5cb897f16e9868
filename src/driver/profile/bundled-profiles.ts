import { fileURLToPath } from "node:url";
import { loadProfiles } from "./load.ts";

/** The profiles that come with the program, read while it starts. A mistake in one of them ends the start, with file, line and column. */
export const bundledProfiles = await loadProfiles(fileURLToPath(new URL("../../profile/", import.meta.url)));
