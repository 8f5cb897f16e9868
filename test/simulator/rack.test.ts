import fc from "fast-check";
import { expect, test } from "vitest";
import { createRack, type Rack } from "#simulator/rack/rack.ts";

const status = (rack: Rack, name: string): string =>
  rack.upses
    .find((ups) => ups.name === name)
    ?.variables()
    .get("ups.status") ?? "";
const number = (rack: Rack, name: string, variable: string): number =>
  Number(
    rack.upses
      .find((ups) => ups.name === name)
      ?.variables()
      .get(variable),
  );
const outlet = (rack: Rack, at: number): Rack["pdu"]["outlets"][number] => {
  const found = rack.pdu.outlets.find((one) => one.number === at);
  if (!found) throw new Error(`no outlet ${at}`);
  return found;
};
const server = (rack: Rack, name: string): Rack["servers"][number] => {
  const found = rack.servers.find((one) => one.name === name);
  if (!found) throw new Error(`no server ${name}`);
  return found;
};
/** Ticks of a second until it is so; how many, or undefined when it never was. */
const ticks = (rack: Rack, isSo: () => boolean, most: number): number | undefined => {
  for (let passed = 0; passed <= most; passed++) {
    if (isSo()) return passed;
    rack.tick(1);
  }
  return undefined;
};

test("two UPSs, twenty-four outlets, two servers: all on mains and on", () => {
  const rack = createRack();
  rack.tick(1);
  expect(rack.upses.map(({ name }) => [name, status(rack, name)])).toEqual([
    ["office", "OL"],
    ["rack", "OL"],
  ]);
  expect(rack.pdu.outlets.map((one) => one.number)).toEqual(Array.from({ length: 24 }, (_, at) => at + 1));
  expect(rack.servers.map(({ on }) => on)).toEqual([true, true]);
});

test("without mains the battery drains, LB appears, and at the end all is off; mains charge it again", () => {
  const rack = createRack();
  rack.mains = false;
  expect(status(rack, "rack")).toMatch(/^OB\b/);
  expect(number(rack, "rack", "input.voltage")).toBe(0);
  const promised = number(rack, "rack", "battery.runtime");
  const low = ticks(rack, () => status(rack, "rack").includes("LB"), 3600);
  expect(low).toBeGreaterThan(10);
  const empty = ticks(rack, () => status(rack, "rack").includes("OFF"), 3600);
  expect(empty).toBeGreaterThan(1);
  // The runtime that it promised is about the time it took.
  expect(Math.abs((low ?? 0) + (empty ?? 0) - promised)).toBeLessThan(promised * 0.1);
  rack.tick(1);
  expect(rack.servers.map(({ on }) => on)).toEqual([false, false]);
  expect(rack.pdu.outlets.every(({ watts }) => watts === 0)).toBe(true);
  rack.mains = true;
  rack.tick(1);
  expect(status(rack, "rack")).toMatch(/^OL CHRG/);
  expect(rack.servers.map(({ on }) => on)).toEqual([true, true]);
  expect(ticks(rack, () => status(rack, "rack") === "OL", 3600)).toBeGreaterThan(60);
  expect(number(rack, "rack", "battery.charge")).toBe(100);
});

test("a heavier load empties the battery sooner", () => {
  const heavy = createRack();
  const light = createRack();
  for (const { number: at } of light.pdu.outlets) if (at !== 1) light.pdu.switch(at, "off");
  for (const rack of [heavy, light]) rack.mains = false;
  const time = (rack: Rack): number => ticks(rack, () => status(rack, "rack").includes("LB"), 100_000) ?? 0;
  expect(time(light)).toBeGreaterThan(5 * time(heavy));
});

test("an outlet that goes off takes its server down, at once, and gives it back", () => {
  const rack = createRack();
  const web = server(rack, "web");
  rack.tick(1);
  const before = number(rack, "rack", "ups.realpower");
  expect(outlet(rack, web.outlet).watts).toBe(web.watts);
  rack.pdu.switch(web.outlet, "off");
  expect(web.on).toBe(false);
  expect(outlet(rack, web.outlet)).toMatchObject({ on: false, watts: 0 });
  expect(number(rack, "rack", "ups.realpower")).toBeLessThan(before - 50);
  expect(server(rack, "db").on).toBe(true);
  rack.pdu.switch(web.outlet, "on");
  expect(web.on).toBe(true);
});

test("a cycled outlet is off, pending, and then on again", () => {
  const rack = createRack();
  rack.pdu.switch(5, "cycle");
  expect(outlet(rack, 5)).toMatchObject({ on: false, pending: true });
  expect(ticks(rack, () => outlet(rack, 5).on, 60)).toBeGreaterThan(1);
  expect(outlet(rack, 5).pending).toBe(false);
});

test("a server that is off draws standby only; a graceful shutdown takes a moment; identify ends by itself", () => {
  const rack = createRack();
  const web = server(rack, "web");
  web.control("shutdown");
  expect(web.on).toBe(true);
  expect(ticks(rack, () => !web.on, 60)).toBeGreaterThan(1);
  expect(outlet(rack, web.outlet).watts).toBeGreaterThan(0);
  expect(outlet(rack, web.outlet).watts).toBeLessThan(30);
  web.control("on");
  expect(web.on).toBe(true);
  web.control("cycle");
  expect(web.on).toBe(false);
  expect(ticks(rack, () => web.on, 60)).toBeGreaterThan(0);
  web.control("identify");
  expect(web.identify).toBe(true);
  expect(ticks(rack, () => !web.identify, 60)).toBeGreaterThan(1);
});

test("whatever happens, energy never falls and the charge stays within bounds", () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant("tick" as const), seconds: fc.double({ min: 0, max: 500, noNaN: true }) }),
    fc.record({
      kind: fc.constant("outlet" as const),
      number: fc.integer({ min: 0, max: 25 }),
      to: fc.constantFrom("on" as const, "off" as const, "cycle" as const),
    }),
    fc.record({ kind: fc.constant("mains" as const), on: fc.boolean() }),
    fc.record({
      kind: fc.constant("server" as const),
      name: fc.constantFrom("web", "db"),
      action: fc.constantFrom("on" as const, "off" as const, "cycle" as const, "reset" as const, "shutdown" as const),
    }),
  );
  let compared = 0;
  fc.assert(
    fc.property(fc.array(act, { minLength: 1, maxLength: 40 }), (acts) => {
      const rack = createRack();
      let energies = rack.pdu.outlets.map(({ energy }) => energy);
      for (const one of acts) {
        if (one.kind === "tick") rack.tick(one.seconds);
        if (one.kind === "outlet") rack.pdu.switch(one.number, one.to);
        if (one.kind === "mains") rack.mains = one.on;
        if (one.kind === "server") server(rack, one.name).control(one.action);
        const now = rack.pdu.outlets.map(({ energy }) => energy);
        now.forEach((energy, at) => expect(energy).toBeGreaterThanOrEqual(energies[at] ?? 0));
        compared += now.length;
        energies = now;
        for (const ups of rack.upses) expect(ups.charge >= 0 && ups.charge <= 1).toBe(true);
        for (const { on, watts } of rack.pdu.outlets) if (!on) expect(watts).toBe(0);
      }
    }),
    { numRuns: 200 },
  );
  expect(compared).toBeGreaterThan(10_000);
});

test("energy is power times time", () => {
  const rack = createRack();
  const before = outlet(rack, 5).energy;
  for (let minute = 0; minute < 60; minute++) rack.tick(60);
  expect(outlet(rack, 5).energy - before).toBeCloseTo(outlet(rack, 5).watts / 1000, 6);
});

test("the same ticks give the same rack", () => {
  const run = (): unknown => {
    const rack = createRack();
    rack.mains = false;
    for (let second = 0; second < 100; second++) rack.tick(1);
    return { outlets: rack.pdu.outlets, variables: rack.upses.map((ups) => [...ups.variables()]), watts: rack.servers.map(({ watts }) => watts) };
  };
  expect(run()).toEqual(run());
});
