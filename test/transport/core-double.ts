import { startWebsocketServer, type WebsocketClient, type WebsocketServer } from "./websocket-server.ts";

export interface DoubleState {
  readonly state: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}
export interface DoubleEntry {
  readonly id: string;
  readonly entity_id: string;
  readonly unique_id: string;
  readonly platform: string;
  readonly device_id?: string | null;
  readonly disabled_by?: string | null;
  readonly entity_category?: string | null;
}

type Message = { readonly id: number; readonly type: string; readonly [field: string]: unknown };
/** A result, or an error of Core's. `undefined`: no answer at all. */
export type Answer = { readonly result: unknown } | { readonly error: { readonly code: string; readonly message: string } } | undefined;

/** A Home Assistant reduced to what we ask of it, that can be told to misbehave. */
export class CoreDouble implements AsyncDisposable {
  token = "simulated";
  version = "2026.8.3";
  /** `get_config`'s. */
  running = "RUNNING";
  readonly states = new Map<string, DoubleState>();
  entities: readonly DoubleEntry[] = [];
  devices: readonly object[] = [];
  /** Asked before the double answers by itself. */
  answer: (message: Message) => Answer | "by itself" = () => "by itself";
  /** Every command, in order. */
  readonly heard: Message[] = [];
  /** Logins tried, also refused ones. */
  logins = 0;
  silent = false;
  #server: WebsocketServer | undefined;
  readonly #listening = new Map<WebsocketClient, Message[]>();

  static async start(port?: number): Promise<CoreDouble> {
    const core = new CoreDouble();
    await core.listen(port);
    return core;
  }
  async listen(port?: number): Promise<void> {
    this.#server = await startWebsocketServer((client) => this.#join(client), port);
  }
  get port(): number {
    return this.#server?.port ?? 0;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get clients(): number {
    return this.#server?.clients.size ?? 0;
  }
  /** Ends all connections, as a restart does. */
  drop(): void {
    for (const client of this.#server?.clients ?? []) client.destroy();
  }
  /** Sends text that is no answer to anything. */
  say(text: string): void {
    for (const client of this.#server?.clients ?? []) client.send(text);
  }
  set(id: string, state: string, attributes = this.states.get(id)?.attributes ?? {}): void {
    const known = this.states.has(id);
    this.states.set(id, { state, attributes });
    this.#tell("subscribe_entities", id, known ? { c: { [id]: { "+": { s: state, a: attributes } } } } : { a: { [id]: { s: state, a: attributes } } });
  }
  remove(id: string): void {
    this.states.delete(id);
    this.#tell("subscribe_entities", id, { r: [id] });
  }
  register(...entities: readonly DoubleEntry[]): void {
    this.entities = entities;
    this.fire("entity_registry_updated", { action: "update" });
  }
  fire(type: string, data: object): void {
    for (const [client, messages] of this.#listening)
      for (const { id, event_type: wanted } of messages)
        if (wanted === type) client.send(JSON.stringify({ id, type: "event", event: { event_type: type, data } }));
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }

  #tell(type: string, entity: string, event: object): void {
    for (const [client, messages] of this.#listening)
      for (const message of messages)
        if (message.type === type && (message["entity_ids"] as string[]).includes(entity))
          client.send(JSON.stringify({ id: message.id, type: "event", event }));
  }
  #join(client: WebsocketClient): (text: string) => void {
    let welcome = false;
    if (!this.silent) client.send(JSON.stringify({ type: "auth_required", ha_version: this.version }));
    return (text) => {
      const message = JSON.parse(text) as Message & { readonly access_token?: string };
      if (this.silent) return;
      if (!welcome) {
        this.logins++;
        welcome = message.access_token === this.token;
        client.send(JSON.stringify(welcome ? { type: "auth_ok", ha_version: this.version } : { type: "auth_invalid", message: "Invalid access token" }));
        return;
      }
      if (message.type === "supported_features") return;
      this.heard.push(message);
      const own = this.answer(message);
      const answer = own === "by itself" ? this.#own(client, message) : own;
      if (answer === undefined) return;
      client.send(
        JSON.stringify(message.type === "ping" ? { id: message.id, type: "pong" } : { id: message.id, type: "result", success: "result" in answer, ...answer }),
      );
      if (message.type === "subscribe_entities") {
        const wanted = message["entity_ids"] as readonly string[];
        const a = Object.fromEntries(
          [...this.states].filter(([id]) => wanted.includes(id)).map(([id, { state, attributes = {} }]) => [id, { s: state, a: attributes }]),
        );
        client.send(JSON.stringify({ id: message.id, type: "event", event: { a } }));
      }
    };
  }
  #own(client: WebsocketClient, message: Message): Answer {
    switch (message.type) {
      case "subscribe_entities":
      case "subscribe_events":
        this.#listening.set(client, [...(this.#listening.get(client) ?? []), message]);
        return { result: null };
      case "unsubscribe_events":
        this.#listening.set(
          client,
          (this.#listening.get(client) ?? []).filter(({ id }) => id !== message["subscription"]),
        );
        return { result: null };
      case "config/entity_registry/list":
        return { result: this.entities };
      case "config/device_registry/list":
        return { result: this.devices };
      case "get_config":
        return { result: { state: this.running, version: this.version, language: "en" } };
      case "call_service":
        return this.#switch(message);
      case "ping":
        return { result: null };
      default:
        return { error: { code: "unknown_command", message: "Unknown command." } };
    }
  }
  #switch({ service, target }: Message): Answer {
    const { entity_id: id } = target as { readonly entity_id: string };
    if (!this.states.has(id)) return { error: { code: "not_found", message: `${id} not found` } };
    this.set(id, service === "turn_on" ? "on" : "off");
    return { result: { context: {} } };
  }
}
