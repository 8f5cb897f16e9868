import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** One record as it goes over the wire. */
export const inRecord = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};
export const answerOf = (lines: readonly string[]): Buffer => Buffer.concat([...lines.map((line) => inRecord(`${line}\n`)), Buffer.from([0, 0])]);

/** A status report as apcupsd writes it: names padded to nine, blanks behind the texts. */
export const statusLines = (fields: Readonly<Record<string, string>>): readonly string[] => [
  `APC      : 001,${String(Object.keys(fields).length + 1).padStart(3, "0")},0999`,
  ...Object.entries(fields).map(([name, value]) => `${name.padEnd(9)}: ${value} `),
  "END APC  : 2026-11-20 22:35:47 +0000  ",
];

/** A Smart-UPS that has all that the tests ask for. */
export const smartUps: Readonly<Record<string, string>> = {
  DATE: "2026-11-20 22:35:47 +0000",
  UPSNAME: "rack",
  MODEL: "Smart-UPS 1500",
  STATUS: "ONLINE",
  LINEV: "231.0 Volts",
  LOADPCT: "35.5 Percent",
  BCHARGE: "97.0 Percent",
  TIMELEFT: "45.5 Minutes",
  MBATTCHG: "-1 Percent",
  MINTIMEL: "3 Minutes",
  OUTPUTV: "230.0 Volts",
  SENSE: "High",
  ITEMP: "24.6 C",
  BATTV: "27.4 Volts",
  LINEFREQ: "50.0 Hz",
  OUTCURNT: "1.90 Amps",
  LASTXFER: "Low line voltage",
  NUMXFERS: "2",
  XONBATT: "2026-11-20 20:11:03 +0100",
  TONBATT: "0 Seconds",
  XOFFBATT: "2026-11-20 20:11:33 +0100",
  SELFTEST: "OK",
  LASTSTEST: "2026-11-19 06:00:00 +0000",
  STATFLAG: "0x05000008",
  SERIALNO: "AS1907123456",
  BATTDATE: "2023-03-01",
  NOMPOWER: "980 Watts",
  NOMAPNT: "1440 VA",
  HUMIDITY: "40.1 Percent",
  AMBTEMP: "-2.5 C",
  FIRMWARE: "UPS 09.3 (ID18)",
};

export interface ApcupsdDouble extends AsyncDisposable {
  readonly port: number;
  /** What was asked, in order. */
  readonly asked: string[];
  /** Connections that are open now. */
  readonly open: number;
  fields: Readonly<Record<string, string | undefined>>;
  events: readonly string[];
  /** A question that ends the connection. */
  refused: string | undefined;
  /** Instead of an answer. */
  misbehave: ((socket: Socket, request: string) => void) | undefined;
}

/** An apcupsd for tests that need one to say what no UPS says, or to fail. */
export const startApcupsd = async (fields: Readonly<Record<string, string>> = smartUps): Promise<ApcupsdDouble> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let heard = Buffer.alloc(0);
    socket
      .on("error", () => undefined)
      .on("close", () => sockets.delete(socket))
      .on("data", (chunk) => {
        heard = Buffer.concat([heard, chunk]);
        while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
          const request = heard.toString("latin1", 2, 2 + heard.readUInt16BE(0));
          heard = heard.subarray(2 + request.length);
          asked.push(request);
          if (request === double.refused) socket.destroy();
          else if (double.misbehave) double.misbehave(socket, request);
          else if (request === "status") socket.write(answerOf(statusLines(withoutGaps(double.fields))));
          else socket.write(request === "events" ? answerOf(double.events) : Buffer.concat([inRecord("Invalid command\n\0"), Buffer.from([0, 0])]));
        }
      });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const double: ApcupsdDouble = {
    port: (server.address() as AddressInfo).port,
    asked,
    get open() {
      return sockets.size;
    },
    fields,
    events: ["2026-11-20 20:11:03 +0100  Power failure.", "2026-11-20 20:11:34 +0100  Power is back. UPS running on mains."],
    refused: undefined,
    misbehave: undefined,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return double;
};

const withoutGaps = (fields: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
