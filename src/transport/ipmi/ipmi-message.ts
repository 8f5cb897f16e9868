/** One command to a BMC. Numbers as in the specification's appendix G: `netFn` is the even one. */
export interface IpmiRequest {
  readonly netFn: number;
  readonly command: number;
  readonly data?: Uint8Array;
  /** Logical unit that owns a sensor; 0 unless the sensor's record says otherwise. */
  readonly lun?: number;
}

/** What a BMC answers: its completion code, 0 when it accepted, and the bytes after it. */
export interface IpmiAnswer {
  readonly code: number;
  readonly data: Buffer;
}

const bmcAddress = 0x20;
const consoleAddress = 0x81;

/** Two's complement checksum: all bytes and it add up to 0 (IPMI 2.0, 13.8). */
const checksum = (bytes: Uint8Array, from: number, to: number): number => {
  let sum = 0;
  for (let index = from; index < to; index++) sum += bytes[index] ?? 0;
  return -sum & 0xff;
};

const frame = (addressed: number, netFn: number, lun: number, from: number, tag: number, body: Uint8Array): Buffer => {
  const message = Buffer.allocUnsafe(body.length + 6);
  message[0] = addressed;
  message[1] = (netFn << 2) | lun;
  message[2] = checksum(message, 0, 2);
  message[3] = from;
  message[4] = tag;
  message.set(body, 5);
  message[message.length - 1] = checksum(message, 3, message.length - 1);
  return message;
};

const none = new Uint8Array(0);

/** `sequence` is 0 to 63 and comes back in the answer. */
export const encodeRequest = ({ netFn, command, data = none, lun = 0 }: IpmiRequest, sequence: number): Buffer => {
  const body = Buffer.allocUnsafe(data.length + 1);
  body[0] = command;
  body.set(data, 1);
  return frame(bmcAddress, netFn, lun, consoleAddress, sequence << 2, body);
};

/** The answer to exactly this request, or undefined when the message is another one: late, doubled, or not for us. */
export const decodeAnswer = (message: Buffer, request: IpmiRequest, sequence: number): IpmiAnswer | undefined => {
  // Checksums are not looked at: the packet's signature is the better one, and some boards get these wrong (Supermicro X9, FreeIPMI's bug list).
  if (message.length < 8) return undefined;
  if (message.readUInt8(1) >> 2 !== (request.netFn | 1) || message.readUInt8(4) >> 2 !== sequence || message[5] !== request.command) return undefined;
  return { code: message.readUInt8(6), data: message.subarray(7, message.length - 1) };
};

/** The BMC's side, for the simulator. */
export const decodeRequest = (
  message: Buffer,
): (Required<IpmiRequest> & { readonly sequence: number; readonly from: number; readonly data: Buffer }) | undefined => {
  if (message.length < 7 || checksum(message, 0, 3) !== 0 || checksum(message, 3, message.length) !== 0) return undefined;
  const head = message.readUInt8(1);
  const tag = message.readUInt8(4);
  return {
    netFn: head >> 2,
    lun: head & 3,
    from: message.readUInt8(3),
    sequence: tag >> 2,
    command: message.readUInt8(5),
    data: message.subarray(6, message.length - 1),
  };
};

/** The BMC's side, for the simulator: the answer goes back to whoever asked, as he numbered it. */
export const encodeAnswer = (
  {
    netFn,
    lun,
    command,
    sequence,
    from,
  }: { readonly netFn: number; readonly lun: number; readonly command: number; readonly sequence: number; readonly from: number },
  code: number,
  data: Uint8Array,
): Buffer => frame(from, netFn | 1, 0, bmcAddress, (sequence << 2) | lun, Buffer.concat([Uint8Array.of(command, code), data]));
