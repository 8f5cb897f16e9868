import type { Reading, Wanted } from "#domain/device.ts";
import { Fault } from "#domain/fault.ts";
import { upsStatus } from "#domain/ups-status.ts";
import { refusalCode } from "#transport/nut/error.ts";

type Variables = ReadonlyMap<string, string>;

/**
 * Why the server knows nothing of a UPS: its driver does not run or its data are old (the codes of RFC 9271, 4.3), or the server is connected to
 * the driver and has no data of it yet, for which upsd says WAIT in place of the status.
 */
export type Loss = "DRIVER-NOT-CONNECTED" | "DATA-STALE" | "WAIT";

/** What the server answered, or why it knows nothing. */
export type Heard = { readonly variables: Variables } | { readonly loss: Loss };

/** The answer, where its failing says that the UPS is lost and not the server. */
export const heard = async (answer: Promise<Variables>): Promise<Heard> => {
  try {
    const variables = await answer;
    return variables.get("ups.status") === "WAIT" ? { loss: "WAIT" } : { variables };
  } catch (error) {
    const code = refusalCode(error);
    if (code === "DRIVER-NOT-CONNECTED" || code === "DATA-STALE") return { loss: code };
    throw error;
  }
};

const reasons: Readonly<Record<Loss, string>> = {
  "DRIVER-NOT-CONNECTED": "The driver of the UPS is not running on the NUT server",
  "DATA-STALE": "The driver of the UPS gets no data from it",
  WAIT: "The NUT server has no data of the UPS yet",
};
/** For a device without a status, which could not say that it is lost. */
export const unreadable = (loss: Loss): Fault => new Fault("unreachable", `${reasons[loss]} (${loss})`, { cause: loss });

/** Of a UPS that is lost, this alone is known; the cause stands beside it among the words of the status. */
export const lostReadings = (wanted: readonly Wanted[], loss: Loss): readonly Reading[] =>
  upsStatus("ups", ["NOCOMM", loss]).filter((reading) => wanted.some(({ part, point }) => part === reading.part && point === reading.point));
