import { createHmac, createSecretKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decryptPayload, encryptPayload } from "#transport/ipmi/aes-payload.ts";
import { cipherSuites, suiteIds } from "#transport/ipmi/cipher-suite.ts";
import { acceptedData, completionFault } from "#transport/ipmi/completion-code.ts";
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from "#transport/ipmi/ipmi-message.ts";
import { type Exchange, rakp2Mac, rakp3Mac, rakp4Mac, sameMac, sessionKey, sessionKeys } from "#transport/ipmi/rakp-key.ts";
import * as rakp from "#transport/ipmi/rakp-message.ts";
import { encodePlainPacket, parsePacket, type SessionKeys, sealPacket, unsealPacket } from "#transport/ipmi/rmcp-packet.ts";

const bytes = (constraints: fc.IntArrayConstraints = {}): fc.Arbitrary<Buffer> => fc.uint8Array(constraints).map((array) => Buffer.from(array));
const exactly = (length: number): fc.Arbitrary<Buffer> => bytes({ minLength: length, maxLength: length });
const id = fc.integer({ min: 1, max: 0xffffffff });
const byte = fc.integer({ min: 0, max: 255 });
const suite = fc.constantFrom(...suiteIds).map((one) => cipherSuites[one]);
const exchange: fc.Arbitrary<Exchange> = fc.record({
  suite,
  console: id,
  bmc: id,
  consoleRandom: exactly(16),
  bmcRandom: exactly(16),
  guid: exactly(16),
  role: byte,
  user: bytes({ maxLength: 16 }),
  password: bytes({ maxLength: 20 }),
  bmcKey: fc.option(bytes({ minLength: 1, maxLength: 20 }), { nil: undefined }),
});
const keys: fc.Arbitrary<SessionKeys> = exchange.map((one) => sessionKeys(one.suite, sessionKey(one)));

describe("encrypted payloads", () => {
  test("come back as they were", () => {
    fc.assert(
      fc.property(
        exactly(16).map((key) => createSecretKey(key)),
        bytes({ maxLength: 300 }),
        (key, data) => {
          expect(decryptPayload(key, encryptPayload(key, data))).toEqual(data);
        },
      ),
    );
  });
  test("no vector is used twice", () => {
    const key = createSecretKey(Buffer.alloc(16, 7));
    expect(new Set(Array.from({ length: 500 }, () => encryptPayload(key, Buffer.alloc(1)).subarray(0, 16).toString("hex"))).size).toBe(500);
  });
  test("wrong pad bytes are not taken", () => {
    const key = createSecretKey(Buffer.alloc(16, 7));
    let refused = 0;
    for (let last = 0; last < 256; last++) {
      const padded = Buffer.concat([Buffer.alloc(16), Buffer.alloc(15), Buffer.of(last)]);
      // What decrypts to `padded`: encrypting with whole blocks, so that our own padding comes in a block of its own that is cut off.
      const sealed = encryptPayload(key, padded).subarray(0, 48);
      const opened = decryptPayload(key, sealed);
      if (last === 0) expect(opened).toHaveLength(31);
      else if (opened === undefined) refused++;
    }
    expect(refused).toBe(255);
  });
});

describe("packets", () => {
  const sequence = fc.integer({ min: 0, max: 0xffffffff });
  test("of a session come back as they were", () => {
    fc.assert(
      fc.property(keys, id, sequence, bytes({ maxLength: 200 }), (key, session, number, message) => {
        const packet = parsePacket(sealPacket(key, session, number, message));
        expect(packet).toMatchObject({ session, sequence: number, encrypted: true, authenticated: true });
        expect(packet && unsealPacket(key, packet)).toEqual(message);
      }),
    );
  });
  test("are signed over whole words, as the specification wants", () => {
    fc.assert(
      fc.property(keys, bytes({ maxLength: 60 }), (key, message) => {
        const datagram = sealPacket(key, 1, 1, message);
        expect((datagram.length - key.macLength - 4) % 4).toBe(0);
        const mac = createHmac(key.hash, key.integrity)
          .update(datagram.subarray(4, datagram.length - key.macLength))
          .digest();
        expect(datagram.subarray(datagram.length - key.macLength)).toEqual(mac.subarray(0, key.macLength));
      }),
    );
  });
  test("with any one bit changed after the header of RMCP are not taken", () => {
    fc.assert(
      fc.property(keys, bytes({ maxLength: 40 }), fc.nat(), fc.nat(7), (key, message, place, bit) => {
        const datagram = sealPacket(key, 5, 6, message);
        const at = 4 + (place % (datagram.length - 4));
        datagram[at] = (datagram[at] ?? 0) ^ (1 << bit);
        const packet = parsePacket(datagram);
        expect(packet && unsealPacket(key, packet)).toBeUndefined();
      }),
    );
  });
  test("without signature or encryption are never a session's", () => {
    fc.assert(
      fc.property(keys, bytes({ maxLength: 40 }), (key, message) => {
        const packet = parsePacket(encodePlainPacket(0, message));
        expect(packet).toBeDefined();
        expect(packet && unsealPacket(key, packet)).toBeUndefined();
      }),
    );
  });
});

describe("messages", () => {
  const request = fc.record({ netFn: fc.integer({ min: 0, max: 30 }).map((half) => half * 2), command: byte, lun: fc.nat(3), data: bytes({ maxLength: 60 }) });
  test("are understood by a BMC, and its answer by us", () => {
    fc.assert(
      fc.property(request, fc.nat(63), byte, bytes({ maxLength: 60 }), (asked, sequence, code, data) => {
        const heard = decodeRequest(encodeRequest(asked, sequence));
        expect(heard).toEqual({ ...asked, sequence, from: 0x81 });
        if (heard) expect(decodeAnswer(encodeAnswer(heard, code, data), asked, sequence)).toEqual({ code, data });
      }),
    );
  });
  test("that answer something else are not taken", () => {
    const asked = { netFn: 6, command: 1 };
    const answer = (change: object): Buffer => encodeAnswer({ netFn: 6, command: 1, lun: 0, sequence: 9, from: 0x81, ...change }, 0, Buffer.of(1));
    expect(decodeAnswer(answer({}), asked, 9)).toBeDefined();
    for (const change of [{ netFn: 4 }, { command: 2 }, { sequence: 8 }]) expect(decodeAnswer(answer(change), asked, 9)).toBeUndefined();
  });
  test("with a wrong checksum are taken from a BMC, whose packets are signed", () => {
    const answer = encodeAnswer({ netFn: 6, command: 1, lun: 0, sequence: 9, from: 0x81 }, 0, Buffer.of(1));
    answer[2] = (answer[2] ?? 0) ^ 0xff;
    expect(decodeAnswer(answer, { netFn: 6, command: 1 }, 9)).toBeDefined();
  });
});

describe("opening a session", () => {
  test("all six messages come back as they were", () => {
    fc.assert(
      fc.property(exchange, byte, fc.constantFrom(2, 3, 4), ({ suite: chosen, console, bmc, consoleRandom, bmcRandom, guid, role, user }, tag, privilege) => {
        const { authentication, integrity, confidentiality } = chosen;
        const algorithms = { authentication, integrity, confidentiality };
        expect(rakp.decodeOpenRequest(rakp.encodeOpenRequest(tag, privilege, console, chosen))).toEqual({ tag, privilege, console, algorithms });
        expect(rakp.decodeOpenResponse(rakp.encodeOpenResponse(tag, privilege, console, bmc, chosen))).toEqual({ bmc, algorithms });
        expect(rakp.decodeRakp1(rakp.encodeRakp1(tag, bmc, consoleRandom, role, user))).toEqual({ tag, bmc, random: consoleRandom, role, user });
        expect(rakp.decodeRakp2(rakp.encodeRakp2(tag, console, bmcRandom, guid, user))).toEqual({ random: bmcRandom, guid, mac: user });
        expect(rakp.decodeRakp3(rakp.encodeRakp3(tag, 0, bmc, guid))).toEqual({ tag, status: 0, bmc, mac: guid });
        expect(rakp.decodeRakp4(rakp.encodeRakp4(tag, console, guid))).toEqual({ mac: guid });
        expect(rakp.decodeHead(rakp.encodeRefusal(tag, 0x0d, console))).toEqual({ tag, status: 0x0d, console });
      }),
    );
  });
  test("another password, user, level, id or random number gives another proof", () => {
    fc.assert(
      fc.property(exchange, (one) => {
        const others: readonly Exchange[] = [
          { ...one, password: Buffer.concat([one.password, Buffer.of(1)]) },
          { ...one, user: Buffer.concat([one.user, Buffer.of(1)]) },
          { ...one, role: one.role ^ 1 },
          { ...one, console: (one.console ^ 1) >>> 0 },
          { ...one, bmcRandom: Buffer.from(one.bmcRandom.map((value) => value ^ 1)) },
        ];
        for (const other of others) {
          expect(sameMac(rakp2Mac(one), rakp2Mac(other))).toBe(false);
          expect(sameMac(rakp3Mac(one), rakp3Mac(other))).toBe(false);
        }
      }),
    );
  });
  test("the key of the BMC takes the password's place in the session's key, and nowhere else", () => {
    fc.assert(
      fc.property(exchange, bytes({ minLength: 1, maxLength: 20 }), (one, key) => {
        const keyed = { ...one, bmcKey: key };
        const without = { ...one, bmcKey: undefined };
        expect(rakp2Mac(keyed)).toEqual(rakp2Mac(without));
        expect(sessionKey(keyed)).toEqual(sessionKey({ ...without, password: key }));
        expect(rakp4Mac(keyed, sessionKey(keyed))).toHaveLength(one.suite.macLength);
      }),
    );
  });
  test("a proof that is cut short is none", () => {
    expect(sameMac(Buffer.alloc(12), Buffer.alloc(11))).toBe(false);
    expect(sameMac(Buffer.alloc(12), Buffer.alloc(0))).toBe(false);
    expect(sameMac(Buffer.alloc(12), Buffer.alloc(20))).toBe(true);
  });
});

test("completion codes are faults of the right kind", () => {
  const kinds = Object.fromEntries([0xc0, 0xc1, 0xcb, 0xcc, 0xd4, 0xd5, 0xff, 0x80].map((code) => [code.toString(16), completionFault(code, "test").kind]));
  expect(kinds).toEqual({ c0: "busy", c1: "unsupported", cb: "unsupported", cc: "rejected", d4: "denied", d5: "rejected", ff: "rejected", "80": "rejected" });
  expect(() => acceptedData({ code: 0, data: Buffer.alloc(2) }, "test", 3)).toThrow(/too short/);
});

test("a hundred thousand malformed packets: nothing is thrown, nothing is believed", () => {
  const key = sessionKeys(cipherSuites[17], Buffer.alloc(32, 3));
  const good = sealPacket(key, 0x01020304, 9, Buffer.from("a message that was real"));
  const random = fc.sample(bytes({ maxLength: 120 }), { numRuns: 50_000, seed: 1 });
  const mutated = fc.sample(
    fc.tuple(fc.nat(good.length), fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })),
    { numRuns: 50_000, seed: 2 },
  );
  let believed = 0;
  let fed = 0;
  const feed = (datagram: Buffer): void => {
    fed++;
    const packet = parsePacket(datagram);
    const message = packet && unsealPacket(key, packet);
    if (message) believed++;
    for (const decode of [
      rakp.decodeHead,
      rakp.decodeOpenRequest,
      rakp.decodeOpenResponse,
      rakp.decodeRakp1,
      rakp.decodeRakp2,
      rakp.decodeRakp3,
      rakp.decodeRakp4,
      decodeRequest,
    ])
      decode(datagram);
    decodeAnswer(datagram, { netFn: 6, command: 1 }, 1);
    decryptPayload(key.encryption, datagram);
  };
  for (const datagram of random) feed(datagram);
  for (const [length, changes] of mutated) {
    const datagram = Buffer.from(good);
    // Beyond RMCP's own header, which is not signed.
    for (const [at, by] of changes) if (at >= 4) datagram[at] = (datagram[at] ?? 0) ^ by;
    const cut = datagram.subarray(0, length);
    if (!cut.equals(good)) feed(cut);
  }
  expect(fed).toBeGreaterThan(99_000);
  expect(believed).toBe(0);
});
