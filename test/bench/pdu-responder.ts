import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { answerSnmp, createSnmpTree, type SnmpObject } from "#simulator/snmp/agent.ts";
import type { SnmpValue } from "#simulator/snmp/message.ts";

/**
 * A program of its own: many PDUs, each on a port of its own, that answer from a cache. The first answer to a request is the simulator's; from
 * then on a request that differs only in its id costs one look-up, so that the responder's time does not hide that of the program measured.
 */
export interface ResponderOptions {
  readonly count: number;
  readonly outlets: number;
  /** Columns of the profile that the outlets have besides their state: `power energy current pending label`. */
  readonly columns: readonly string[];
  /** True when there is a phase with a voltage. */
  readonly phase: boolean;
  /** True when each poll brings other watts. */
  readonly changing: boolean;
}
export type ResponderMessage = { readonly ports: readonly number[] } | { readonly set: number };

interface Unit {
  readonly on: boolean[];
  state: string;
  turn: number;
}

const { count, outlets, columns, phase, changing } = JSON.parse(process.argv[2] ?? "{}") as ResponderOptions;
const root = "1.3.6.1.4.1.318.1.1.26";
const variants = 4;
let unit: Unit;

const text = (value: string): SnmpValue => ({ type: "text", value });
const integer = (value: number): SnmpValue => ({ type: "integer", value });
const watts = (at: number): number => (unit.on[at] ? 40 + at + (changing ? unit.turn % variants : 0) : 0);
const fixed = (tail: string, value: SnmpValue): SnmpObject => ({ oid: tail.startsWith("1.") ? tail : `${root}.${tail}`, value: () => value });

const outletObjects = (at: number): readonly SnmpObject[] => {
  const cell = (column: string, value: () => SnmpValue, set?: SnmpObject["set"]): SnmpObject => ({
    oid: `${root}.9.${column}.${at + 1}`,
    value,
    ...(set && { set }),
  });
  const obey = ({ value }: SnmpValue): number => {
    unit.on[at] = value === 1;
    unit.state = unit.on.map(Number).join("");
    return 0;
  };
  const optional: Readonly<Record<string, SnmpObject>> = {
    label: cell("2.3.1.3", () => text(`Outlet ${at + 1}`)),
    pending: cell("2.3.1.6", () => integer(2)),
    current: cell("4.3.1.6", () => integer(watts(at) / 23)),
    power: cell("4.3.1.7", () => integer(watts(at))),
    energy: cell("4.3.1.11", () => integer(1000 + at)),
  };
  return [
    cell("2.3.1.1", () => integer(at + 1)),
    cell("2.3.1.5", () => integer(unit.on[at] ? 2 : 1)),
    cell("2.4.1.5", () => integer(unit.on[at] ? 1 : 2), obey),
    ...columns.map((column) => optional[column] as SnmpObject),
  ];
};

// Inlet: W and kWh; phase: V. With 24 outlets of state, W and kWh these are 75 objects.
const tree = createSnmpTree([
  fixed("1.3.6.1.2.1.1.2.0", { type: "oid", value: "1.3.6.1.4.1.318.1.3.4.6" }),
  fixed("2.1.6.1", text("7.1.2")),
  fixed("2.1.8.1", text("AP8941")),
  fixed("2.1.9.1", text("5A1234E00001")),
  fixed("4.3.1.1.1", integer(1)),
  fixed("4.3.1.5.1", integer(120)),
  fixed("4.3.1.9.1", integer(5000)),
  ...(phase ? [fixed("6.3.1.1.1", integer(1)), fixed("6.3.1.6.1", integer(230))] : []),
  ...Array.from({ length: outlets }, (_, at) => outletObjects(at)).flat(),
]);

/** Where the request id stands, and the kind of the message (RFC 3416, section 3). Lengths here fit into at most three bytes. */
const locate = (message: Buffer): { readonly kind: number; readonly from: number; readonly to: number } => {
  const content = (at: number): number => at + 2 + (((message[at + 1] as number) & 0x80) === 0 ? 0 : (message[at + 1] as number) & 0x7f);
  const version = content(0);
  const community = version + 2 + (message[version + 1] as number);
  const pdu = community + 2 + (message[community + 1] as number);
  const id = content(pdu);
  return { kind: message[pdu] as number, from: id + 2, to: id + 2 + (message[id + 1] as number) };
};

const setRequest = 0xa3;
const cache = new Map<string, { readonly answer: Buffer; readonly idAt: number }>();

const answerTo = (message: Buffer, own: Unit): Buffer | undefined => {
  const { kind, from, to } = locate(message);
  unit = own;
  if (kind === setRequest) return answerSnmp(message, tree, "public", "public");
  const key = `${changing ? own.turn++ % variants : 0} ${own.state} ${message.toString("latin1", 0, from)} ${message.toString("latin1", to)}`;
  let known = cache.get(key);
  if (!known) {
    const answer = answerSnmp(message, tree, "public", "public");
    if (!answer) return undefined;
    known = { answer, idAt: locate(answer).from };
    cache.set(key, known);
  }
  const answer = Buffer.from(known.answer);
  message.copy(answer, known.idAt, from, to);
  return answer;
};

const tell = (message: ResponderMessage): void => void process.send?.(message);

const openPdu = async (): Promise<number> => {
  const socket: Socket = createSocket({ type: "udp4", lookup: (address, _options, done) => done(null, address, 4) });
  const own: Unit = { on: new Array<boolean>(outlets).fill(true), state: "", turn: 0 };
  socket.on("message", (message, { address, port }) => {
    const at = Number(process.hrtime.bigint()) / 1e6;
    const answer = answerTo(message, own);
    if (answer) socket.send(answer, port, address);
    if (locate(message).kind === setRequest) tell({ set: at });
  });
  // The look-up above answers at once, so the socket may listen before bind returns.
  const listening = once(socket, "listening");
  socket.bind(0, "127.0.0.1");
  await listening;
  return socket.address().port;
};

process.once("disconnect", () => process.exit());
tell({ ports: await Promise.all(Array.from({ length: count }, openPdu)) });
