import manifest from "../package.json" with { type: "json" };

/** Of the program; it stands in package.json and nowhere else. */
export const version: string = manifest.version;
