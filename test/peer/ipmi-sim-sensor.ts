/** Analog sensors of the simulated machine. A value is raw × multiplier × 10^exponent. */
export interface SimSensor {
  readonly name: string;
  readonly kind: "Temperature" | "Fan" | "Voltage" | "Current";
  readonly unit: "degrees_C" | "RPM" | "Volts" | "Watts" | "Amps";
  readonly multiplier: number;
  readonly exponent: number;
  readonly raw: number;
  readonly signed?: boolean;
}

const kinds = {
  temperature: { kind: "Temperature", unit: "degrees_C", multiplier: 1, exponent: 0, raw: 42 },
  fan: { kind: "Fan", unit: "RPM", multiplier: 100, exponent: 0, raw: 52 },
  voltage: { kind: "Voltage", unit: "Volts", multiplier: 6, exponent: -2, raw: 200 },
  watts: { kind: "Current", unit: "Watts", multiplier: 4, exponent: 0, raw: 61 },
} as const;
const codes = { Temperature: 1, Voltage: 2, Current: 3, Fan: 4 } as const;

/** Six sensors with names that servers use, then as many numbered ones as it takes. Sensor number = place + 1. */
export const simSensors = (count: number): readonly SimSensor[] => {
  const first: readonly SimSensor[] = [
    { name: "CPU Temp", ...kinds.temperature },
    { name: "Inlet Temp", ...kinds.temperature, raw: 0xfb, signed: true },
    { name: "FAN1", ...kinds.fan },
    { name: "FAN2", ...kinds.fan, raw: 0 },
    { name: "Pwr Consumption", ...kinds.watts },
    { name: "12V", ...kinds.voltage },
  ];
  const numbered = Array.from({ length: Math.max(0, count - first.length) }, (_, index): SimSensor => {
    const kind = (["temperature", "voltage", "fan"] as const)[index % 3] ?? "fan";
    return { name: `${{ temperature: "DIMM", voltage: "VR", fan: "SYSFAN" }[kind]} ${index + 1}`, ...kinds[kind] };
  });
  return [...first, ...numbered].slice(0, count);
};

const record = (type: number, lines: Readonly<Record<string, string | number | boolean>>): string =>
  `sdr type ${type}\n${Object.entries(lines)
    .map(([key, value]) => `\t${key}\t${typeof value === "string" && key === "id_string" ? `"${value}"` : value}\n`)
    .join("")}endsdr\n`;

const owner = { sensor_owner_id: "0x20", sensor_owner_lun: 0, channel_number: 0 } as const;

/** Input of `sdrcomp`: the locator of the controller, the watchdog, the analog sensors, one with states (a power supply). */
export const sdrSource = (sensors: readonly SimSensor[]): string => {
  const locator = record(18, {
    device_slave_address: "0x20",
    device_channel_number: 0,
    chassis: true,
    fru_inventory: true,
    sel: true,
    sdr: true,
    sensor: true,
    entity_id: "system_board",
    entity_instance: 1,
    id_string: "BMC",
  });
  const watchdog = record(3, {
    ...owner,
    sensor_number: 0,
    entity_id: "system_board",
    entity_instance: 1,
    sensor_type: "Watchdog_2",
    event_reading_type_code: "0x6f",
    id_string: "watchdog",
  });
  const analog = sensors.map(({ name, kind, unit, multiplier, exponent, signed }, index) =>
    record(1, {
      ...owner,
      sensor_number: index + 1,
      entity_id: "system_board",
      entity_instance: index + 1,
      sensor_type: kind,
      init_scanning: true,
      init_sensor_type: true,
      default_sensor_scan_on: true,
      event_reading_type_code: 1,
      sensor_threshold_access: "readable",
      analog_data_format: signed ? "2s_complement" : "unsigned",
      rate_unit: "none",
      modifier_unit: "none",
      percentage: false,
      base_unit: unit,
      modifier_unit_code: "unspecified",
      linearization: "linear",
      m: multiplier,
      tolerance: 0,
      b: 0,
      accuracy: 1,
      accuracy_exp: 0,
      sensor_direction: "input",
      r_exp: exponent,
      b_exp: 0,
      sensor_maximum: 255,
      sensor_minimum: 0,
      id_string: name,
    }),
  );
  const supply = record(2, {
    ...owner,
    sensor_number: sensors.length + 1,
    entity_id: "power_supply",
    entity_instance: 1,
    sensor_type: "Power_Supply",
    event_reading_type_code: "0x6f",
    event0_state_ret: true,
    event1_state_ret: true,
    event3_state_ret: true,
    id_string: "PS1 Status",
  });
  return [locator, watchdog, ...analog, supply].join("");
};

/** ipmi_sim's commands that make the machine. Sensor 0 must be the watchdog. Values are read from `folder/sensor-<number>` five times a second. */
export const emulatorCommands = (sensors: readonly SimSensor[], maker: number, fru: Buffer, folder: string): string => {
  const none = "000000000000000";
  const lines = sensors.flatMap(({ kind, raw }, index) => [
    `sensor_add 0x20 0 ${index + 1} ${codes[kind]} 1 poll 200 file "${folder}/sensor-${index + 1}"`,
    `sensor_set_value 0x20 0 ${index + 1} ${raw} 0`,
    `sensor_set_threshold 0x20 0 ${index + 1} readable 000000 0 0 0 0 0 0`,
    `sensor_set_event_support 0x20 0 ${index + 1} enable scanning per-state ${none} ${none} ${none} ${none}`,
  ]);
  return [
    "mc_setbmc 0x20",
    `mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f ${maker} 0xf02 persist_sdr`,
    "sel_enable 0x20 1000 0x0a",
    "sensor_add 0x20 0 0 35 0x6f event-only",
    ...lines,
    `sensor_add 0x20 0 ${sensors.length + 1} 8 0x6f`,
    `mc_add_fru_data 0x20 0 ${fru.length} data ${[...fru].join(" ")}`,
    "mc_enable 0x20",
    "",
  ].join("\n");
};
