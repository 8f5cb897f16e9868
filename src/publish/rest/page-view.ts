import { allows } from "#domain/scope.ts";
import { logLevels, type LogLevel } from "#platform/log.ts";
import { readRfc3339 } from "#platform/rfc3339.ts";
import { textIn } from "#publish/text/text.ts";
import { createAgreement } from "./agreement.ts";
import { deviceView, shownValue } from "./device-view.ts";
import { judgeError } from "./error-reply.ts";
import { originOf } from "./origin.ts";
import { outcomeView } from "./outcome-view.ts";
import type { PageSource } from "./page-source.ts";
import type { RouteServices } from "./route.ts";

const isLevel = (text: string): text is LogLevel => (logLevels as readonly string[]).includes(text);

/** What the program knows and does, in the words of the API. */
export const pageSource = (services: RouteServices): PageSource => {
  const { store, bus, clock, log, version, atHomeAssistant, health, repairs, file, drivers, reload, identify, addDevice, setLogLevel } = services;
  return {
    version,
    drivers: drivers ?? [],
    words: textIn,
    value: shownValue,
    moment: readRfc3339,
    secondsSince: (at) => Math.max(0, (clock.now() - readRfc3339(at)) / 1000),
    failure: (error, request) => {
      const { status, message, parts } = judgeError(log, error, request);
      return { status, sentence: message, headers: parts.headers ?? {} };
    },
    health,
    repairs: () => repairs?.() ?? [],
    devices: () => store.devices().map(deviceView),
    outcomes: (limit) => bus.outcomes({ limit }).map((outcome) => outcomeView(outcome)),
    file: () => file?.(),
    may: (caller, scope) => caller !== undefined && allows(caller.scopes, scope),
    acceptLabel: (device, part, label, caller) => bus.acceptLabel(device, part, label, originOf(caller)),
    ...createAgreement(atHomeAssistant, clock, log),
    ...(reload && { reload }),
    ...(identify && { identify }),
    ...(addDevice && { addDevice }),
    ...(setLogLevel && {
      setLogLevel: (level: string) => {
        if (!isLevel(level)) return false;
        setLogLevel(level);
        return true;
      },
    }),
  };
};
