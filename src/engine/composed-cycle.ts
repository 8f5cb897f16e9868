import type { Description, DeviceId, PartDescription, PartId } from "#domain/device.ts";

/** Outlets that can be switched but not cycled by themselves: the engine cycles them, as off, a pause, and on. */
export interface ComposedCycles {
  /** Adds the command to those outlets. */
  offer(device: DeviceId, description: Description): Description;
  has(device: DeviceId, part: PartId): boolean;
}

const lacksCycle = ({ commands }: PartDescription): boolean =>
  commands.includes("outlet.on") && commands.includes("outlet.off") && !commands.includes("outlet.cycle");

export const createComposedCycles = (): ComposedCycles => {
  const parts = new Map<DeviceId, ReadonlySet<PartId>>();
  return {
    offer: (device, description) => {
      parts.set(device, new Set(description.parts.filter(lacksCycle).map(({ id }) => id)));
      return { ...description, parts: description.parts.map((part) => (lacksCycle(part) ? { ...part, commands: [...part.commands, "outlet.cycle"] } : part)) };
    },
    has: (device, part) => parts.get(device)?.has(part) ?? false,
  };
};
