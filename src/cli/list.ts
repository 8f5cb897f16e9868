import { isPointName, pointSpec, type Value } from "#domain/capability.ts";
import type { DeviceView, PartView } from "#publish/rest/device-view.ts";
import type { OutcomeView } from "#publish/rest/outcome-view.ts";
import { findAccess, type AccessOptions } from "./access.ts";
import { exitCodes, type ExitCode } from "./exit-code.ts";
import { askFor } from "./rest-client.ts";
import type { CliNeeds } from "./need.ts";
import { showReading } from "./show-reading.ts";
import { showJson, showTable } from "./show-table.ts";

export interface ListOptions extends AccessOptions {
  readonly json?: boolean;
}

interface ShownEntry {
  readonly value: Value;
  readonly quality: "good" | "stale";
}

const readings = (part: PartView): string =>
  Object.entries(part.readings as Readonly<Record<string, ShownEntry>>)
    .flatMap(([name, { value, quality }]) => {
      const text = isPointName(name) && pointSpec(name).role === "state" ? showReading(name, value) : undefined;
      return text === undefined ? [] : [quality === "stale" ? `${text} (old)` : text];
    })
    .join(", ");

const rowsOf = (device: DeviceView): readonly (readonly string[])[] => {
  const { state, detail } = device.connection;
  const head = [device.id, state];
  if (device.parts.length === 0) return [[...head, "", device.name, "", detail ?? ""]];
  return device.parts.map((part, at) => [...(at === 0 ? head : ["", ""]), part.id, part.name, part.lock ?? "", readings(part)]);
};

/** What there is and how it is. */
export const listDevices = async (device: string | undefined, options: ListOptions, needs: CliNeeds): Promise<ExitCode> => {
  const reach = await findAccess(options, "read", needs);
  const devices =
    device === undefined
      ? await askFor<readonly DeviceView[]>(reach, "/api/v1/devices")
      : [await askFor<DeviceView>(reach, `/api/v1/devices/${encodeURIComponent(device)}`)];
  needs.print(options.json ? showJson(devices) : showTable(["DEVICE", "STATE", "PART", "NAME", "LOCK", "READINGS"], devices.flatMap(rowsOf)));
  return exitCodes.ok;
};

export interface OutcomeOptions extends ListOptions {
  readonly device?: string;
  readonly part?: string;
  readonly limit?: string;
}

const asker = ({ by }: OutcomeView): string => by.person ?? by.key ?? by.user ?? by.why ?? by.via;

/** Who asked for what, and how it ended: all of the audit log that is asked for, or one outcome. */
export const listOutcomes = async (id: string | undefined, options: OutcomeOptions, needs: CliNeeds): Promise<ExitCode> => {
  const reach = await findAccess(options, "read", needs);
  const { device, part, limit } = options;
  const query = new URLSearchParams(
    Object.entries({ device, part, limit }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]])),
  );
  const outcomes =
    id === undefined
      ? await askFor<readonly OutcomeView[]>(reach, `/api/v1/outcomes?${query.toString()}`)
      : [await askFor<OutcomeView>(reach, `/api/v1/outcomes/${encodeURIComponent(id)}`)];
  const rows = outcomes.map((outcome) => [
    outcome.endedAt ?? outcome.askedAt,
    outcome.device,
    outcome.part,
    outcome.command,
    outcome.state,
    asker(outcome),
    outcome.reason ?? "",
    outcome.detail,
  ]);
  needs.print(options.json ? showJson(outcomes) : showTable(["TIME", "DEVICE", "PART", "COMMAND", "STATE", "BY", "REASON", "DETAIL"], rows));
  return exitCodes.ok;
};
