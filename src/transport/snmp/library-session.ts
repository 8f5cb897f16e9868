import { createSession, createV3Session, ErrorStatus, Version1, Version2c } from "net-snmp";
import type { Clock } from "#platform/clock.ts";
import { type Credentials, libraryUser } from "./credentials.ts";
import type { Answer, Target } from "./answer.ts";
import { createRoundTrip } from "./round-trip.ts";
import type { Channel } from "./shared-socket.ts";
import { faultOf, refusedOf } from "./snmp-fault.ts";
import type { Varbind } from "./varbind.ts";

type Done = (error: Error | null, result?: readonly (Varbind | readonly Varbind[])[]) => void;

/** An answer as net-snmp has decoded it. */
interface Decoded {
  readonly pdu: { readonly errorStatus: number; readonly errorIndex: number; readonly varbinds: readonly Varbind[] };
}
/** What net-snmp keeps of a question that waits: as much as its `onMsg` asks of it. */
interface Pending {
  getId(): number;
  readonly message: { readonly version: number; readonly community: string };
  responseCb(error: Error): void;
  onResponse(pending: Pending, answer: Decoded): void;
}

/** The part of net-snmp's session that is used here; its own types lack the timers and what is inside. */
export interface Library {
  retries: number;
  timeout: number;
  backoff: number;
  reqCount: number;
  readonly reqs: Record<number, Pending>;
  readonly version: number;
  readonly community: string;
  get(oids: readonly string[], done: Done): void;
  getNext(oids: readonly string[], done: Done): void;
  getBulk(oids: readonly string[], singles: number, rows: number, done: Done): void;
  set(writes: readonly Varbind[], done: Done): void;
  onMsg(message: Buffer): void;
  cancelRequests(error: Error): void;
  unregisterRequest(id: number): unknown;
  on(event: "error", listener: (error: Error) => void): void;
}

export const openLibrary = ({ address, port }: Target, credentials: Credentials, { dgram: dgramModule }: Channel): Library => {
  const options = { port, dgramModule: dgramModule as never } as const;
  const session =
    credentials.version === "3"
      ? createV3Session(address, libraryUser(credentials), options)
      : createSession(address, credentials.community.reveal(), { ...options, version: credentials.version === "1" ? Version1 : Version2c });
  return session as unknown as Library;
};

/** The library gives a bulk answer column by column; the order of rows is what tells where it was cut. */
const flatten = (result: readonly (Varbind | readonly Varbind[])[]): readonly Varbind[] => {
  const flat: Varbind[] = [];
  const columns: (readonly Varbind[])[] = [];
  for (const one of result) {
    if ("oid" in one) flat.push(one);
    else columns.push(one);
  }
  const rows = columns[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    for (const column of columns) {
      const varbind = column[row];
      if (varbind) flat.push(varbind);
    }
  }
  return flat;
};

/** Asks one question at a time through the library. `fail` ends the one that waits, if any. */
export interface LibraryAsker {
  /** `once`: one datagram, whatever happens. */
  ask(signal: AbortSignal, once: boolean, send: (done: Done) => void): Promise<Answer>;
  fail(error: Error): void;
}

export const tries = 3;

export const createLibraryAsker = (library: Library, name: string, patience: number, clock: Clock): LibraryAsker => {
  const roundTrip = createRoundTrip(patience, tries);
  let waiting: ((error: Error) => void) | undefined;
  const ask: LibraryAsker["ask"] = (signal, once, send) =>
    new Promise<Answer>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const start = clock.monotonic();
      const end = (): void => {
        waiting = undefined;
        signal.removeEventListener("abort", stop);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
        library.cancelRequests(error);
      };
      const stop = (): void => fail(signal.reason as Error);
      const own = (error: Error): void => fail(faultOf(error, name));
      waiting = own;
      signal.addEventListener("abort", stop, { once: true });
      Object.assign(library, once ? { retries: 0, timeout: patience, backoff: 1 } : { retries: tries - 1, ...roundTrip.schedule() });
      send((error, result) => {
        // What comes after the end, such as the library's word that it was cancelled, is nobody's answer.
        if (waiting !== own) return;
        end();
        const refused = error && refusedOf(error);
        if (error && !refused) return reject(faultOf(error, name));
        roundTrip.learn(clock.monotonic() - start);
        resolve(refused ? { refused } : { varbinds: flatten(result ?? []) });
      });
    });
  return { ask, fail: (error) => waiting?.(error) };
};

/**
 * Has net-snmp decode and judge an answer to a read of version 1 or 2c that it has not sent itself. Undefined when the answer is to another
 * question. Throws what the library says about an answer that does not fit; what cannot be decoded it tells its listener for errors.
 */
export const judge = (library: Library, id: number, answer: Buffer): Answer | undefined => {
  let decoded: Decoded["pdu"] | undefined;
  let wrong: Error | undefined;
  library.reqs[id] = {
    getId: () => id,
    message: { version: library.version, community: library.community },
    responseCb: (error) => (wrong = error),
    onResponse: (_, { pdu }) => (decoded = pdu),
  };
  library.reqCount++;
  try {
    library.onMsg(answer);
  } finally {
    library.unregisterRequest(id);
  }
  if (wrong) throw wrong;
  if (!decoded) return undefined;
  const { errorStatus, errorIndex, varbinds } = decoded;
  if (errorStatus <= 0) return { varbinds };
  return { refused: { status: ErrorStatus[errorStatus] === undefined ? ErrorStatus.GeneralError : errorStatus, oid: varbinds[errorIndex - 1]?.oid } };
};
