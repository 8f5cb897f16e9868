import type { AnalogSensor, Factors } from "./sdr-record.ts";

/** Linearization functions 0 to 11 (IPMI 2.0, 43.1, byte 24). From 70h on, a sensor has other factors for each reading. */
const curves: readonly ((x: number) => number)[] = [
  (x) => x,
  Math.log,
  Math.log10,
  Math.log2,
  Math.exp,
  (x) => 10 ** x,
  (x) => 2 ** x,
  (x) => 1 / x,
  (x) => x ** 2,
  (x) => x ** 3,
  Math.sqrt,
  (x) => Math.cbrt(x),
];
const nonLinear = 0x70;

export const needsFactors = ({ linearization }: AnalogSensor): boolean => linearization >= nonLinear;

/** Division where the exponent is negative: 1200 / 100 is 12, 1200 × 0.01 is not quite. */
const scaled = (value: number, exponent: number): number => (exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent);

const signedRaw = (raw: number, format: 0 | 1 | 2): number => {
  if (format === 0 || raw < 0x80) return raw;
  return format === 1 ? raw - 0xff : raw - 0x100;
};

/** The value in the sensor's own unit; undefined when it is none, such as the logarithm of nothing. */
export const sensorValue = (
  { format, linearization }: Pick<AnalogSensor, "format" | "linearization">,
  { m, b, bExponent, rExponent }: Factors,
  raw: number,
): number | undefined => {
  const linear = scaled(m * signedRaw(raw, format) + scaled(b, bExponent), rExponent);
  const curve = linearization >= nonLinear ? curves[0] : curves[linearization];
  const value = curve?.(linear) ?? Number.NaN;
  return Number.isFinite(value) ? value : undefined;
};
