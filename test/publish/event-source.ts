import type { UpsEvent, UpsEvents } from "#domain/ups-event.ts";

export interface EventSource extends UpsEvents {
  /** To everybody who listens. */
  tell(event: UpsEvent): void;
  listeners(): number;
}

/** Events of UPSs as a test makes them up. */
export const eventSource = (): EventSource => {
  const listeners = new Set<(event: UpsEvent) => void>();
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
    listeners: () => listeners.size,
  };
};
