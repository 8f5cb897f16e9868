import { isQuarantined, type DeviceEntry } from "#config/configuration.ts";
import { editorSchema } from "#config/editor-schema.ts";
import { loadConfiguration } from "#config/load.ts";
import { formatProblem } from "#config/problem.ts";
import { exitCodes, type ExitCode } from "./exit-code.ts";
import type { CliNeeds } from "./need.ts";
import { showJson, showTable } from "./show-table.ts";

export interface CheckOptions {
  readonly config?: string;
  readonly schema?: boolean;
  readonly json?: boolean;
}

const row = (entry: DeviceEntry): readonly string[] => {
  const { id, driver, name, area, interval, fedBy } = entry.settings;
  return [
    id,
    driver,
    isQuarantined(entry) ? "wrong" : "good",
    name ?? "",
    area ?? "",
    `${interval} s`,
    fedBy.map(({ device, part }) => `${device}/${part}`).join(" "),
  ];
};

/** Reads the configuration as the program would, and tells everything that is wrong with it. Opens nothing. */
export const checkConfiguration = async (file: string | undefined, options: CheckOptions, needs: CliNeeds): Promise<ExitCode> => {
  const drivers = needs.drivers();
  if (options.schema) {
    needs.print(showJson(editorSchema(drivers)));
    return exitCodes.ok;
  }
  const path = file ?? options.config ?? needs.environment["RACK_POWER_CONFIG"] ?? "rack-power.yaml";
  const loaded = await loadConfiguration(path, drivers, needs.environment);
  const devices = loaded.ok ? loaded.configuration.devices : [];
  if (options.json) {
    needs.print(
      showJson({
        ok: loaded.problems.length === 0,
        problems: loaded.problems,
        devices: devices.map((entry) => ({ ...entry.settings, good: !isQuarantined(entry) })),
      }),
    );
  } else {
    for (const problem of loaded.problems) needs.complain(`${formatProblem(problem)}\n`);
    needs.print(showTable(["DEVICE", "DRIVER", "ENTRY", "NAME", "AREA", "INTERVAL", "FED BY"], devices.map(row)));
  }
  return loaded.problems.length === 0 ? exitCodes.ok : exitCodes.configuration;
};
