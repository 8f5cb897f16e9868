import { z } from "zod";
import { createFeed, outcomeIn, type Feed } from "./event-feed.ts";
import { createRepairWatch } from "./repair-watch.ts";
import { Problem } from "./problem.ts";
import { keyed, problems, type App, type RouteServices } from "./route.ts";
import { deviceId } from "./word.ts";

const description = `Server-sent events. First one \`device\` per device with its whole state (the same as GET /devices/{id}), then as things happen:
\`readings\` {device, part, readings}: the points that changed; \`connection\` {device, connection}; \`outcome\`: as in /outcomes;
\`ups\` {device, part, type, at, status, lasted, reason}: what happened to a UPS, such as \`on-battery\`, \`flicker\` or \`communication-lost\`; told once, to whoever listens;
\`device\`: what the device is made of is new; \`removed\` {device}; \`repairs\`: as in /repairs, the whole list, at the start and when it changed (not with a device). With \`Last-Event-ID\` the outcomes after that event come first. A comment is sent when nothing happens. A reader that does not keep up is cut off and may come back.`;

const watch = {
  // A HEAD would open a stream that nobody reads.
  exposeHeadRoute: false,
  config: { access: "read" },
  schema: {
    operationId: "watch",
    summary: "Readings, outcomes and connections as they happen",
    description,
    tags: ["events"],
    security: keyed,
    produces: ["text/event-stream"] as string[],
    headers: z.looseObject({ "last-event-id": z.string().optional().describe("The id of the last event that was received") }),
    querystring: z.strictObject({ device: deviceId.optional().describe("Only this device") }),
    response: { 200: z.custom<ReadableStream<string>>().meta({ type: "string" }), ...problems(503) },
  },
} as const;

/** The stream asks only when the socket has room: what does not fit waits in the feed, which counts it. */
const streamOf = (feed: Feed): ReadableStream<string> =>
  new ReadableStream<string>(
    {
      pull: async (controller) => {
        const text = await feed.take();
        if (text === undefined) controller.close();
        else controller.enqueue(text);
      },
      cancel: () => feed.end(),
    },
    { highWaterMark: 0 },
  );

/** The live stream of what happens. */
export const eventRoute = (app: App, services: RouteServices): void => {
  const { limits, log, clock, repairs } = services;
  const watched = createRepairWatch(() => repairs?.() ?? [], clock, limits.repairCheck);
  const open = new Set<Feed>();
  app.addHook("preClose", async () => {
    for (const feed of open) feed.end();
  });
  app.get("/api/v1/events", watch, async ({ query: { device }, headers, ip }, reply) => {
    if (open.size >= limits.streams) throw new Problem(503, "too many event streams are open", { headers: { "retry-after": "10" } });
    const after = outcomeIn(headers["last-event-id"]);
    const cutOff = (): void => {
      log.info(`a reader of events at ${ip} was cut off: it did not keep up`);
      // Not an error of the stream: while the socket is full, nobody asks the stream.
      reply.raw.destroy();
    };
    const feed = createFeed(services, { cutOff, ...(device !== undefined && { device }), ...(after !== undefined && { after }) });
    open.add(feed);
    // What has to be repaired is the program's, not one device's.
    const subscription = device === undefined ? watched.subscribe((list) => feed.repairs(list)) : undefined;
    reply.raw.once("close", () => {
      subscription?.[Symbol.dispose]();
      open.delete(feed);
      feed.end();
    });
    // Proxies must not collect it, and the connection carries nothing after it: a stopping server need not wait for the reader to hang up.
    return reply.type("text/event-stream").headers({ "x-accel-buffering": "no", connection: "close" }).send(streamOf(feed));
  });
};
