/** An id for a device, made of what it is called, that may be shown and used in topics and that nobody has. */
export const freeId = (name: string, taken: ReadonlySet<string>): string => {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 60)
    .replace(/-+$/, "");
  const id = plain === "" ? "device" : plain;
  const candidates = [id, ...Array.from({ length: taken.size + 1 }, (_, at) => `${id}-${at + 2}`)];
  return candidates.find((candidate) => !taken.has(candidate)) ?? id;
};
