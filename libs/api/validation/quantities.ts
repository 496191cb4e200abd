/**
 * Amounts of resources compared exactly: `100m`, `1.5`, `2Gi`, `1e3`. Other text counts as 0, for
 * decoding refuses it. (Format: apimachinery pkg/api/resource.)
 */

const nanosPerUnit = 1_000_000_000n;
const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

type Format = "decimal" | "binary" | "exponent";

interface Parsed {
  /** In billionths, rounded away from 0 as Kubernetes does. */
  readonly nanos: bigint;
  readonly format: Format;
}

const shape = /^(?<sign>[+-]?)(?<whole>\d*)(?:\.(?<fraction>\d*))?(?<suffix>[a-zA-Z]*[+-]?\d*)$/;

function parse(text: string): Parsed {
  const groups = shape.exec(text)?.groups;
  if (groups === undefined) return { nanos: 0n, format: "decimal" };
  const { sign, whole = "", fraction = "", suffix = "" } = groups;
  const digits = BigInt(`${whole}${fraction}` || "0");
  const { multiplier, divisor, format } = scaleOf(suffix);
  const numerator = digits * multiplier * nanosPerUnit;
  const denominator = divisor * 10n ** BigInt(fraction.length);
  const nanos = (numerator + denominator - 1n) / denominator;
  return { nanos: sign === "-" ? -nanos : nanos, format };
}

function scaleOf(suffix: string): { multiplier: bigint; divisor: bigint; format: Format } {
  const binary = binarySuffixes.indexOf(suffix);
  if (binary >= 0) {
    return { multiplier: 1024n ** BigInt(binary + 1), divisor: 1n, format: "binary" };
  }
  const decimal = decimalSuffixes.indexOf(suffix);
  const exponent =
    decimal >= 0 ? (decimal - 3) * 3 : Number(/^[eE]([+-]?\d+)$/.exec(suffix)?.[1] ?? 0);
  const format = decimal >= 0 ? "decimal" : "exponent";
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0
    ? { multiplier: 1n, divisor: power, format }
    : { multiplier: power, divisor: 1n, format };
}

/** Below 0, 0, above 0: as for sorting. */
export function compareQuantities(one: string, other: string): number {
  const difference = parse(one).nanos - parse(other).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const isNegativeQuantity = (quantity: string): boolean => parse(quantity).nanos < 0n;
export const isZeroQuantity = (quantity: string): boolean => parse(quantity).nanos === 0n;
export const isPositiveQuantity = (quantity: string): boolean => parse(quantity).nanos > 0n;

/** The amount as a number, exact to nine decimals as long as it has at most 15 digits. */
export const quantityNumber = (quantity: string): number =>
  Number(parse(quantity).nanos) / Number(nanosPerUnit);

export const isWholeQuantity = (quantity: string): boolean =>
  parse(quantity).nanos % nanosPerUnit === 0n;

/** A positive multiple of a page size. */
export function isMultipleOf(quantity: string, size: string): boolean {
  const divisor = parse(size).nanos;
  const { nanos } = parse(quantity);
  return divisor > 0n && nanos >= 0n && nanos % divisor === 0n;
}

/** The sum, in the format of the first. */
export function addQuantities(one: string, other: string): string {
  const { nanos, format } = parse(one);
  return print({ nanos: nanos + parse(other).nanos, format });
}

/** The form in which Kubernetes prints a quantity: `1500m` for `1.5`, `1Gi` for `1024Mi`. */
export function canonicalQuantity(quantity: string): string {
  return print(parse(quantity));
}

function print({ nanos, format }: Parsed): string {
  if (nanos === 0n) return "0";
  const sign = nanos < 0n ? "-" : "";
  const size = nanos < 0n ? -nanos : nanos;
  // Small and uneven amounts have no binary form.
  const even = size % nanosPerUnit === 0n && size >= 1024n * nanosPerUnit;
  if (format === "binary" && even) return `${sign}${printBinary(size / nanosPerUnit)}`;
  return `${sign}${printDecimal(size, format === "exponent")}`;
}

function printBinary(units: bigint): string {
  let amount = units;
  let power = 0;
  while (amount % 1024n === 0n && power < binarySuffixes.length) {
    amount /= 1024n;
    power++;
  }
  return `${amount}${power === 0 ? "" : (binarySuffixes[power - 1] ?? "")}`;
}

function printDecimal(nanos: bigint, asExponent: boolean): string {
  let amount = nanos;
  let place = 0;
  while (amount % 1000n === 0n && place < decimalSuffixes.length - 1) {
    amount /= 1000n;
    place++;
  }
  const exponent = (place - 3) * 3;
  if (!asExponent) return `${amount}${decimalSuffixes[place] ?? ""}`;
  return exponent === 0 ? `${amount}` : `${amount}e${exponent}`;
}
