import { startSupervisorDouble, type SupervisorDouble } from "../homeassistant/supervisor-double.ts";
import { keys, prepareProgram, type ProgramRig } from "./program-rig.ts";

export interface AddonRig extends AsyncDisposable {
  readonly supervisor: SupervisorDouble;
  readonly program: ProgramRig;
}

/** The program as a process of its own under a double of the Supervisor; its options hold the keys of the rig. */
export const prepareAddon = async (configuration = "devices: {}\n"): Promise<AddonRig> => {
  const supervisor = await startSupervisorDouble();
  const program = await prepareProgram(
    () => configuration,
    (port) => ({ ...supervisor.environment, RACK_POWER_ADDON_LISTEN: `127.0.0.1:${port}` }),
  );
  supervisor.addonPort = program.port;
  await supervisor.writeOptions({
    log_level: "info",
    api_keys: [
      { name: "tests", key: keys.all, scopes: ["admin"] },
      { name: "looker", key: keys.look, scopes: ["read"] },
    ],
  });
  return {
    supervisor,
    program,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await supervisor[Symbol.asyncDispose]();
    },
  };
};
