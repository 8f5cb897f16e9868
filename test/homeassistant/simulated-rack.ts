import { startBmc } from "#simulator/bmc/server.ts";
import { startNutServer } from "#simulator/nut/server.ts";
import { createRack } from "#simulator/rack/rack.ts";
import { startPduAgent } from "#simulator/snmp/pdu-agent.ts";
import { simulatedPdu, type RecordedPdu } from "#test/peer/snmp-pdu.ts";

const host = "127.0.0.1";
/** What is plugged in. */
export const labels = ["Router", "Switch", "NAS", "Backup disk", "Access point", "KVM", "Camera", "Spare"] as const;

/** A device as a person enters it on the page: kind, port and login. */
export interface EnteredDevice {
  readonly id: string;
  readonly name: string;
  readonly driver: "snmp" | "nut" | "ipmi";
  readonly fields: Readonly<Record<string, string>>;
}

export interface SimulatedRack extends AsyncDisposable {
  /** Keeps a journal of what it was told. */
  readonly pdu: RecordedPdu;
  readonly devices: { readonly pdu: EnteredDevice; readonly others: readonly EnteredDevice[] };
  /** Every password that a person types. */
  readonly secrets: readonly string[];
}

const secrets = { community: "canary-community-5min", nut: "canary-nut-5min", bmc: "canary-bmc-5min" } as const;

/** A PDU with what is usually in a rack, a UPS and a server, each by its own protocol. */
export const startSimulatedRack = async (): Promise<SimulatedRack> => {
  await using starting = new AsyncDisposableStack();
  const { upses, servers } = createRack();
  const [server] = servers;
  if (!server) throw new Error("the rack has no server");
  const pdu = simulatedPdu(labels.length);
  labels.forEach((label, at) => pdu.rename(at + 1, label));
  const { community } = secrets;
  const agent = starting.use(await startPduAgent({ host, readCommunity: community, writeCommunity: community, pdu: () => pdu }));
  const nut = starting.use(await startNutServer({ host, users: [{ name: "admin", password: secrets.nut }], upses: () => upses }));
  const bmc = starting.use(await startBmc({ host, username: "admin", password: secrets.bmc, bmc: () => server }));
  const running = starting.move();
  const login = { username: "admin" };
  return {
    pdu,
    devices: {
      pdu: { id: "rack-pdu", name: "Rack PDU", driver: "snmp", fields: { port: String(agent.port), community } },
      others: [
        { id: "office-ups", name: "Office UPS", driver: "nut", fields: { ...login, port: String(nut.port), ups: "office", password: secrets.nut } },
        { id: "web", name: "Web server", driver: "ipmi", fields: { ...login, port: String(bmc.port), password: secrets.bmc } },
      ],
    },
    secrets: Object.values(secrets),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
};
