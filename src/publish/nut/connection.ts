import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { TLSSocket, type SecureContext } from "node:tls";
import { agreedTls, answer, goodbye } from "./answer.ts";
import type { Client, Desk } from "./desk.ts";
import { refusal } from "./word.ts";

/** An IPv4 address as itself, also where the socket takes IPv6 as well. */
const addressOf = ({ remoteAddress = "" }: Socket): string => remoteAddress.replace(/^::ffff:(?=\d+\.)/, "");

/** One client: its lines in, answers out, in the same order. Holds at most one read and one batch of answers. */
export class Connection {
  readonly client: Client;
  readonly #desk: Desk;
  readonly #context: () => SecureContext | undefined;
  #socket: Socket;
  #decoder = new StringDecoder("utf8");
  #unread = "";
  /** An outcome is waited for. */
  #awaiting = false;
  /** It has something to do, and waits for its turn. */
  #queued = false;
  /** The client has said all it will say. */
  #heardOut = false;
  /** Since when, by the monotonic clock. */
  #silentSince: number;
  #blockedSince: number | undefined;
  #securingSince: number | undefined;

  constructor(socket: Socket, desk: Desk, context: () => SecureContext | undefined) {
    this.client = { address: addressOf(socket), tracking: false, encrypted: false };
    this.#socket = socket;
    this.#desk = desk;
    this.#context = context;
    this.#silentSince = desk.clock.monotonic();
    this.#listen(socket);
  }

  get silentSince(): number {
    return this.#silentSince;
  }

  /** Ends it when the client has been silent, or has left its answers lying, for too long. */
  check(now: number): void {
    const { silence, slowness, handshake } = this.#desk.limits;
    const over = (since: number | undefined, ms: number): boolean => since !== undefined && now - since >= ms;
    if (over(this.#blockedSince, slowness) || over(this.#securingSince, handshake) || over(this.#halted ? undefined : this.#silentSince, silence)) this.close();
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket
      .on("data", (chunk: Buffer) => this.#take(chunk))
      .on("drain", () => this.#drained())
      .on("end", () => {
        this.#heardOut = true;
        this.#queue();
      });
  }

  #take(chunk: Buffer): void {
    this.#unread += this.#decoder.write(chunk);
    if (this.#unread.length > this.#desk.limits.waiting) this.#socket.pause();
    this.#queue();
  }

  #drained(): void {
    this.#blockedSince = undefined;
    this.#queue();
  }

  /** Nothing is answered meanwhile. */
  get #halted(): boolean {
    return this.#awaiting || this.#blockedSince !== undefined;
  }

  #queue(): void {
    if (this.#queued || this.#halted) return;
    this.#queued = true;
    this.#desk.turns.take(() => {
      this.#queued = false;
      this.#work();
    });
  }

  /** Answers whole lines until there are none, one has to wait, or enough were answered in one turn. */
  #work(): void {
    const { limits, clock } = this.#desk;
    let at = 0;
    let answers = "";
    let answered = 0;
    while (!this.#halted && this.#socket.writable && answers.length <= limits.waiting && answered < limits.turn) {
      const end = this.#unread.indexOf("\n", at);
      if ((end < 0 ? this.#unread.length : end) - at > limits.line) return this.#leave(`${answers}${refusal("TOO-LONG")}\n`);
      if (end < 0) return this.#pauseFor(answers, at);
      const line = this.#unread.slice(at, this.#unread[end - 1] === "\r" ? end - 1 : end);
      at = end + 1;
      this.#silentSince = clock.monotonic();
      answered++;
      const reply = answer(line, this.client, this.#desk);
      if (reply === undefined) continue;
      if (typeof reply !== "string") this.#await(reply);
      else if (reply === goodbye) return this.#leave(`${answers}${goodbye}\n`);
      else if (reply === agreedTls) return this.#secure(`${answers}${agreedTls}\n`, this.#unread.length > at);
      else answers += `${reply}\n`;
    }
    this.#unread = this.#unread.slice(at);
    this.#send(answers);
    this.#queue();
  }

  /** All whole lines are answered. */
  #pauseFor(answers: string, at: number): void {
    this.#unread = this.#unread.slice(at);
    this.#send(answers);
    if (this.#halted) return;
    if (this.#heardOut) this.#socket.end();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #send(text: string): void {
    if (text === "" || !this.#socket.writable || this.#socket.write(text)) return;
    this.#blockedSince = this.#desk.clock.monotonic();
    this.#socket.pause();
  }

  #await(reply: Promise<string>): void {
    this.#awaiting = true;
    this.#socket.pause();
    void reply.then((text) => {
      this.#awaiting = false;
      this.#send(`${text}\n`);
      this.#queue();
    });
  }

  #leave(text: string): void {
    this.#unread = "";
    this.#socket.removeAllListeners("data").removeAllListeners("drain").resume().end(text);
    this.#blockedSince = this.#desk.clock.monotonic();
  }

  /** What came in the clear behind the request for TLS may be anybody's: then there is none, and no connection. */
  #secure(text: string, more: boolean): void {
    const context = this.#context();
    if (more || !context) return this.close();
    const plain = this.#socket;
    plain.removeAllListeners("data").removeAllListeners("end").removeAllListeners("drain");
    plain.write(text);
    this.#unread = "";
    this.#decoder = new StringDecoder("utf8");
    this.#securingSince = this.#desk.clock.monotonic();
    const secured = new TLSSocket(plain, { isServer: true, secureContext: context });
    this.#socket = secured;
    this.client.encrypted = true;
    secured
      .on("secure", () => (this.#securingSince = undefined))
      .on("error", () => secured.destroy())
      .on("close", () => plain.destroy());
    this.#listen(secured);
  }
}
