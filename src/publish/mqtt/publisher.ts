import { partPattern } from "#domain/device.ts";
import type { Outcome } from "#domain/outcome.ts";
import type { Change } from "#store/read.ts";
import { english } from "../text/text.ts";
import { BridgePublisher } from "./bridge-publisher.ts";
import { CommandInbox, publicOutcome } from "./command-inbox.ts";
import { Connection } from "./connection.ts";
import { Discovery } from "./discovery.ts";
import { outcomeEvent } from "./bridge.ts";
import { Ledger } from "./ledger.ts";
import { Denied, type Link, type Message, type Properties } from "./link.ts";
import type { MqttDependencies, MqttOptions, MqttPublisher } from "./option.ts";
export type { MqttPublisher } from "./option.ts";
import { StatePublisher } from "./state-publisher.ts";
import { bridgeId, createTopics } from "./topic.ts";

/** Home Assistant says that it is there before it listens (home-assistant/core#39007): so many milliseconds and up to as many again. */
const grace = 1500;

/**
 * Tells the broker, and through it Home Assistant, of every device, and takes commands from there. Never fails and never waits: a broker that is
 * not there is tried again for ever. Disposing says good-bye, as a clean end sends no will.
 */
export const startMqtt = (options: MqttOptions, dependencies: MqttDependencies): MqttPublisher => {
  const { store, bus, clock, database, version } = dependencies;
  const { log } = dependencies;
  const topics = createTopics(options.baseTopic ?? "rack-power", options.discoveryPrefix ?? "homeassistant");
  const ledger = new Ledger(database);
  const link = (): Link | undefined => connection.link;
  const deliver = (topic: string, payload: string, how: { readonly retain: boolean; readonly properties?: Properties } = { retain: true }): void => {
    link()
      ?.deliver(topic, payload, how)
      .catch((error: unknown) => {
        if (error instanceof Denied) connection.deny("publishing", topic);
        else log.debug(`not delivered: ${topic}`, error);
      });
  };

  const bridge = new BridgePublisher({ store, clock, topics, ledger, version, deliver });
  const states = new StatePublisher({ store, clock, topics, ledger, link, deliver });
  const origin = { version, url: dependencies.url };
  const discovery = new Discovery({
    ...{ store, ledger, topics, origin, clock, log, text: english },
    deny: (what, topic) => connection.deny(what, topic),
    allow: (what) => connection.allow(what),
    published: () => bridge.touch(),
  });
  const inbox = new CommandInbox({ bus, log, clock, topics, link, deliver });

  const welcome = async (): Promise<void> => {
    await clock.sleep(grace * (1 + Math.random()), link()?.signal);
    deliver(topics.status, "online");
    bridge.repeat();
    await states.repeat();
  };

  const receive = (message: Message): void => {
    if (message.topic === topics.homeAssistant) {
      if (message.payload.toString() === "online" && !message.retained) quietly(welcome());
    } else if (message.topic === topics.bridge) bridge.receive(message);
    else if (message.topic.endsWith("/config")) {
      if (message.payload.length === 0) discovery.emptied(message.topic);
    } else inbox.receive(message);
  };

  const quietly = (work: Promise<unknown>): void => void work.catch((error: unknown) => log.debug("ended with the connection", error));

  /** Listens, tells what is, and only then says that it is there: nothing old is shown as live. */
  const begin = async (now: Link): Promise<void> => {
    const refused = await now.subscribe([
      ...topics.commands.map((topic) => ({ topic, qos: 1 as const, showRetain: true })),
      { topic: topics.homeAssistant, qos: 0 },
      { topic: topics.documents, qos: 0, notOwn: true, notKept: true },
      { topic: topics.bridge, qos: 0, notOwn: true },
    ]);
    inbox.live = true;
    for (const topic of refused) connection.deny(topics.commands.includes(topic) ? "taking commands" : "reading along", topic);
    await states.repeat();
    deliver(topics.status, "online");
    quietly(discovery.run(now));
    if (await bridge.lostEdition(now.signal)) discovery.resendAll();
    bridge.begin();
  };

  const up = (now: Link): void => {
    inbox.live = false;
    states.forget();
    bridge.pause();
    quietly(begin(now));
  };

  const connection = new Connection(options, { log, clock, will: { topic: topics.status, payload: "offline" }, up, receive });
  ledger.write(ledger.declare(bridgeId, [topics.status, topics.bridge]));

  const changed = (change: Change): void => {
    if (change.kind === "readings") return states.touch(change.device, [change.part]);
    bridge.touch();
    if (change.kind === "removed") states.drop(change.device);
    else states.touchDevice(change.device);
    if (change.kind !== "connection") discovery.touch(change.device);
  };

  const ended = (outcome: Outcome): void => {
    const { device, part } = outcome.command;
    deliver(topics.outcomes, outcomeEvent(outcome), { retain: false });
    // What was asked for may be no topic at all: a wildcard in it would end the connection.
    if (/^[a-z0-9_-]+$/.test(device) && partPattern.test(part)) deliver(topics.outcome(device, part), JSON.stringify(publicOutcome(outcome)), { retain: false });
  };

  const life = new DisposableStack();
  life.use(store.subscribe(changed));
  life.use(bus.subscribe(ended));
  return {
    status: () => connection.status(),
    republish: () => {
      discovery.unhide();
      discovery.resendAll();
      bridge.repeat();
      quietly(states.repeat());
    },
    [Symbol.asyncDispose]: async () => {
      life.dispose();
      const goodbye = link()?.deliver(topics.status, "offline", { retain: true });
      if (goodbye) await Promise.race([goodbye.catch((error: unknown) => log.debug("no good-bye", error)), clock.sleep(2000)]);
      await connection[Symbol.asyncDispose]();
    },
  };
};
