/** How other integrations say what NUT's words say: NUT's own display texts (Core, components/nut/const.py), apcupsd's STATUS, and plain English. */
const phrases: Readonly<Record<string, string>> = {
  ONLINE: "OL",
  "ON LINE": "OL",
  "ON BATTERY": "OB",
  ONBATT: "OB",
  "LOW BATTERY": "LB",
  LOWBATT: "LB",
  "HIGH BATTERY": "HB",
  "BATTERY NEEDS REPLACEMENT": "RB",
  "REPLACE BATTERY": "RB",
  REPLACEBATT: "RB",
  "BATTERY CHARGING": "CHRG",
  CHARGING: "CHRG",
  "BATTERY DISCHARGING": "DISCHRG",
  DISCHARGING: "DISCHRG",
  "BYPASS ACTIVE": "BYPASS",
  "RUNTIME CALIBRATION": "CAL",
  OFFLINE: "OFF",
  OVERLOADED: "OVER",
  OVERLOAD: "OVER",
  "TRIMMING VOLTAGE": "TRIM",
  "BOOSTING VOLTAGE": "BOOST",
  "FORCED SHUTDOWN": "FSD",
  "SHUTTING DOWN": "FSD",
  "ECO MODE": "HE",
  "BATTERY TESTING": "TEST",
  SELFTEST: "TEST",
};
const words: ReadonlySet<string> = new Set([...Object.values(phrases), "ALARM", "WAIT"]);

const chunk = (text: string): readonly string[] => {
  const plain = text.trim().toUpperCase().replaceAll("_", " ").replaceAll(/\s+/g, " ");
  if (plain === "") return [];
  const known = phrases[plain] ?? (words.has(plain) ? plain : undefined);
  if (known !== undefined) return [known];
  // `OL CHRG` and `TRIM ONLINE` are several; anything else stays as it came.
  const parts = plain.split(" ");
  const each = parts.map((part) => phrases[part] ?? part);
  return each.some((word) => words.has(word)) ? each : [plain];
};

/** What apcupsd says of a UPS without a battery is an alarm, and stays beside it, as by our own driver of apcupsd. */
const withAlarm = (word: string): readonly string[] => (word === "NOBATT" ? ["ALARM", word] : [word]);

/** NUT's status words out of a state: `OL CHRG`, `Online, Battery Charging`, `ONBATT LOWBATT`, `on_battery`. */
export const statusWords = (state: string): readonly string[] => [...new Set(state.split(/[,;]/).flatMap(chunk).flatMap(withAlarm))];
/** apcupsd has lost the UPS, or a NUT server its driver: what else is shown is old. */
export const isLost = (state: string): boolean => ["COMMLOST", "NO COMMUNICATION", "WAIT"].includes(state.trim().toUpperCase().replaceAll("_", " "));
