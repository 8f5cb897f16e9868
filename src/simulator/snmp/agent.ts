import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type SnmpRequest, type SnmpValue, SnmpWriter, beginResponse, decodeRequest, encodeOid, parseOid, tags, writeVarbind } from "./message.ts";

/** One object of the agent's tree. `set` returns an error status, 0 for success; an object without it cannot be written. */
export interface SnmpObject {
  readonly oid: string;
  readonly value: () => SnmpValue;
  readonly set?: (value: SnmpValue) => number;
}

/** The agent's tree, in order. */
export interface SnmpTree {
  exact(oid: string): number;
  /** The first object after `oid`, or the number of objects when there is none. */
  after(oid: string): number;
  readonly objects: readonly SnmpObject[];
  readonly names: readonly Buffer[];
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) if (a[at] !== b[at]) return (a[at] as number) - (b[at] as number);
  return a.length - b.length;
};

export const createSnmpTree = (unordered: readonly SnmpObject[]): SnmpTree => {
  const sorted = unordered.map((object) => ({ object, path: parseOid(object.oid) })).sort((a, b) => compare(a.path, b.path));
  const places = new Map(sorted.map(({ object }, at) => [object.oid, at]));
  const search = (oid: string): number => {
    const path = parseOid(oid);
    let low = 0;
    for (let high = sorted.length; low < high;) {
      const middle = (low + high) >> 1;
      if (compare((sorted[middle] as (typeof sorted)[number]).path, path) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    exact: (oid) => places.get(oid) ?? -1,
    after: (oid) => {
      const here = places.get(oid);
      return here === undefined ? search(oid) : here + 1;
    },
    objects: sorted.map(({ object }) => object),
    names: sorted.map(({ object }) => encodeOid(object.oid)),
  };
};

export const errorStatus = { tooBig: 1, noSuchName: 2, badValue: 3, genErr: 5, noAccess: 6, wrongType: 7, wrongValue: 10, notWritable: 17 } as const;
/** Largest answer, as an agent on an Ethernet has it. */
const room = 1472;
const writer = new SnmpWriter();
/** The request's own objects and values, as every answer to a SET has them. */
const echo = (request: SnmpRequest, status: number, index: number): Buffer => {
  const finish = beginResponse(writer, request, status, index);
  for (const { oid, value } of request.varbinds) writeVarbind(writer, encodeOid(oid), value ?? tags.null);
  return finish();
};

const answerGet = (request: SnmpRequest, tree: SnmpTree, place: (oid: string) => number): Buffer => {
  const finish = beginResponse(writer, request, 0, 0);
  for (const [index, { oid }] of request.varbinds.entries()) {
    const at = place(oid);
    const object = tree.objects[at];
    if (object) writeVarbind(writer, tree.names[at] as Buffer, object.value());
    else if (request.version === 0) return echo(request, errorStatus.noSuchName, index + 1);
    else writeVarbind(writer, encodeOid(oid), at < 0 ? tags.noSuchInstance : tags.endOfMibView);
  }
  const answer = finish();
  return answer.length > room ? beginResponse(writer, request, errorStatus.tooBig, 0)() : answer;
};

/** Ends early, at the object that would make the answer too long (RFC 3416, section 4.2.3). */
const answerBulk = (request: SnmpRequest, tree: SnmpTree): Buffer => {
  const singles = Math.max(0, Math.min(request.singles, request.varbinds.length));
  const finish = beginResponse(writer, request, 0, 0);
  const last = tree.names.at(-1);
  const add = (oid: string, at: number): boolean => {
    const before = writer.size;
    const object = tree.objects[at];
    if (object) writeVarbind(writer, tree.names[at] as Buffer, object.value());
    else writeVarbind(writer, last ?? encodeOid(oid), tags.endOfMibView);
    // What the lengths of the enclosing values may still take.
    if (writer.size + 6 <= room) return true;
    writer.cut(before);
    return false;
  };
  let fits = request.varbinds.slice(0, singles).every(({ oid }) => add(oid, tree.after(oid)));
  const repeated = request.varbinds.slice(singles).map(({ oid }) => ({ oid, at: tree.after(oid) }));
  for (let row = 0; fits && row < Math.min(request.rows, 100); row++) fits = repeated.every((column) => add(column.oid, column.at++));
  return finish();
};

const answerSet = (request: SnmpRequest, tree: SnmpTree): Buffer => {
  const fail = (v2: number, v1: number, index: number): Buffer => echo(request, request.version === 0 ? v1 : v2, index + 1);
  for (const [index, { oid, value }] of request.varbinds.entries()) {
    const object = tree.objects[tree.exact(oid)];
    if (!object?.set) return fail(errorStatus.notWritable, errorStatus.noSuchName, index);
    if (!value || value.type !== object.value().type) return fail(errorStatus.wrongType, errorStatus.badValue, index);
  }
  for (const [index, { oid, value }] of request.varbinds.entries()) {
    const status = tree.objects[tree.exact(oid)]?.set?.(value as SnmpValue) ?? 0;
    if (status !== 0) return fail(status, errorStatus.badValue, index);
  }
  return echo(request, 0, 0);
};

/** The answer, or undefined when an agent stays silent: a wrong community, or what is no request. */
export const answerSnmp = (message: Buffer, tree: SnmpTree, readCommunity: string, writeCommunity: string): Buffer | undefined => {
  let request: SnmpRequest;
  try {
    request = decodeRequest(message);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const writes = request.community === writeCommunity;
  if (!writes && request.community !== readCommunity) return undefined;
  switch (request.kind) {
    case tags.get:
      return answerGet(request, tree, tree.exact);
    case tags.getNext:
      return answerGet(request, tree, tree.after);
    case tags.getBulk:
      return request.version === 1 ? answerBulk(request, tree) : undefined;
    case tags.set:
      return writes ? answerSet(request, tree) : echo(request, request.version === 0 ? errorStatus.noSuchName : errorStatus.noAccess, 1);
    default:
      return undefined;
  }
};

export interface SnmpAgentOptions {
  readonly host: string;
  /** 0 or none: the system picks one. */
  readonly port?: number;
  readonly readCommunity: string;
  readonly writeCommunity: string;
  /** Asked at each request, as the tree may change. */
  readonly tree: () => SnmpTree;
}
export interface SnmpAgent extends AsyncDisposable {
  readonly port: number;
}

export const startSnmpAgent = async ({ host, port = 0, readCommunity, writeCommunity, tree }: SnmpAgentOptions): Promise<SnmpAgent> => {
  const socket = createSocket({
    type: host.includes(":") ? "udp6" : "udp4",
    lookup: (address, _options, done) => done(null, address, address.includes(":") ? 6 : 4),
  });
  socket.on("message", (message, from) => {
    const answer = answerSnmp(message, tree(), readCommunity, writeCommunity);
    if (answer) socket.send(answer, from.port, from.address);
  });
  const listening = once(socket, "listening");
  socket.bind(port, host);
  await listening;
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
};
