import { pointSpec, type PointName, type Value } from "#domain/capability.ts";
import { Fault } from "#domain/fault.ts";
import { quantities, type Quantity } from "#domain/quantity.ts";
import type { EntityState } from "#transport/homeassistant/core-states.ts";
import { convert, fitsUnit, unitsOf } from "./conversion.ts";
import { isLost, statusWords } from "./status-word.ts";

/** Core's two words for a state that is not there. */
export const isAbsent = (state: EntityState | undefined): boolean => state === undefined || state.state === "unavailable" || state.state === "unknown";
/** The entity does not answer. One that is `unknown` does: it was never told a value. */
export const isAway = (state: EntityState | undefined): boolean => state === undefined || state.state === "unavailable";

const unitOf = ({ attributes }: EntityState): unknown => attributes["unit_of_measurement"];

/** Throws `Fault` when what the entity measures is not this point's quantity. A state without a unit that is not there yet may still get one. */
export const checkUnit = (entity: string, state: EntityState, quantity: Quantity): void => {
  const unit = unitOf(state);
  if (fitsUnit(quantity, unit) || (unit === undefined && isAbsent(state))) return;
  const inUnit = unit === undefined || unit === null ? "has no unit" : `is in ${typeof unit === "string" ? unit : "an odd unit"}`;
  const expected = unitsOf(quantity).filter((one) => one !== "");
  throw new Fault("unsupported", `${entity} ${inUnit}, and ${quantity} is wanted (${expected.join(", ") || `in ${quantities[quantity].unit}`})`);
};

const flag = (state: string): boolean | undefined => (state === "on" ? true : state === "off" ? false : undefined);

/** What a point reads, out of the entity's state; undefined when it is absent. Throws `Fault` when the unit does not fit. */
export const valueOf = (point: PointName, entity: string, state: EntityState | undefined): Value | undefined => {
  if (state === undefined || isAbsent(state)) return undefined;
  const spec = pointSpec(point);
  switch (spec.type) {
    case "number":
      checkUnit(entity, state, spec.quantity);
      return convert(spec.quantity, state.state, unitOf(state));
    case "flag":
      return flag(state.state);
    case "words":
      if (isLost(state.state)) throw new Fault("unreachable", `${entity} says ${state.state}: the UPS does not answer its own integration`);
      return statusWords(state.state);
    case "choice":
    case "time":
    case "text":
      return undefined;
  }
};
