/**
 * Amounts of resources: `100m`, `1.5Gi`, `2e3`. Exact, in billionths; Kubernetes' parser and
 * printer (apimachinery pkg/api/resource) decide what is accepted and what is written.
 */

/** Which suffixes an amount was written with, and is written with again. */
export type QuantityFormat = "decimal" | "binary" | "exponent";

export interface Quantity {
  /** Billionths, rounded away from zero. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** Not a quantity. The message is Kubernetes'. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

/** Longer texts are refused; no amount needs them. */
export const quantityLengthMax = 1024;

/** Amounts beyond ten to this power are held there: nothing real is near, and memory is bounded. */
const exponentMax = 300;

const nano = 1_000_000_000n;
const int64Max = (1n << 63n) - 1n;
const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binarySuffixes = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** Throws `QuantityError` when the text is no quantity. */
export function parseQuantity(text: string): Quantity {
  const [, digits = "", suffix = ""] = plain.exec(text) ?? [];
  if (digits === "") return amountOf(partsOf(text));
  const format = suffix.endsWith("i") ? "binary" : "decimal";
  return { nanos: BigInt(digits) * (plainFactors[suffix] ?? nano), format };
}

/** What nearly every amount looks like: read at once. */
const plain = /^([1-9]\d{0,8})(m|[kMG]?|[KMG]i)$/;
const plainFactors: Readonly<Record<string, bigint>> = {
  m: nano / 1000n,
  k: nano * 1000n,
  M: nano * 1000n ** 2n,
  G: nano * 1000n ** 3n,
  Ki: nano * 1024n,
  Mi: nano * 1024n ** 2n,
  Gi: nano * 1024n ** 3n,
};

/** The text that Kubernetes stores for it: `1500m` for `1.5`. Throws like {@link parseQuantity}. */
export function canonicalQuantity(text: string): string {
  if (usual.test(text) && !text.includes("000")) return text;
  const parts = partsOf(text);
  return isKept(parts) ? text : formatQuantity(amountOf(parts));
}

/** What is certainly canonical already; most amounts are. */
const usual = /^[1-9]\d{0,8}(?:[mkMGT]|)$/;

/** Below 0, 0 or above 0, as for sorting. */
export function compareQuantities(one: string, other: string): number {
  const difference = parseQuantity(one).nanos - parseQuantity(other).nanos;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The sum, in the format of the first unless that is zero. */
export function addQuantities(one: string, other: string): string {
  const [a, b] = [parseQuantity(one), parseQuantity(other)];
  return formatQuantity({ nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format });
}

/** Whole units (bytes, cores), rounded away from zero. Exact below 2^53. */
export const quantityValue = (text: string): number =>
  Number(dividedUp(parseQuantity(text).nanos, nano));

/** Thousandths (millicores), rounded away from zero. Exact below 2^53. */
export const quantityMilliValue = (text: string): number =>
  Number(dividedUp(parseQuantity(text).nanos, nano / 1000n));

/** Canonical text of an amount: no fraction, the largest suffix that keeps it exact. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  const magnitude = nanos < 0n ? -nanos : nanos;
  const isBinary = format === "binary" && magnitude >= 1024n * nano && magnitude % nano === 0n;
  const text = isBinary
    ? formatBinary(magnitude / nano)
    : formatDecimal(magnitude, format === "exponent");
  return nanos < 0n ? `-${text}` : text;
}

function formatBinary(units: bigint): string {
  let [mantissa, steps] = [units, 0];
  while (steps < binarySuffixes.length && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    steps += 1;
  }
  return `${mantissa}${steps === 0 ? "" : binarySuffixes[steps - 1]}`;
}

function formatDecimal(nanos: bigint, asExponent: boolean): string {
  let [mantissa, exponent] = [nanos, -9];
  // Above the largest suffix only an exponent can say it.
  while (mantissa % 1000n === 0n && (asExponent || exponent < 18)) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (!asExponent) return `${mantissa}${decimalSuffixes[exponent / 3 + 3]}`;
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}

interface Parts {
  readonly isNegative: boolean;
  /** Digits before the point, without leading zeros. */
  readonly whole: string;
  readonly fraction: string;
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function partsOf(text: string): Parts {
  const formatWrong = () =>
    new QuantityError(
      "quantities must match the regular expression " +
        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  if (text === "" || text.length > quantityLengthMax) throw formatWrong();
  let position = text[0] === "-" || text[0] === "+" ? 1 : 0;
  const take = (allowed: string): string => {
    const start = position;
    while (position < text.length && allowed.includes(text[position] as string)) position += 1;
    return text.slice(start, position);
  };
  const digits = "0123456789";
  take("0");
  const whole = take(digits);
  let fraction = "";
  if (text[position] === ".") {
    position += 1;
    fraction = take(digits);
  }
  let suffix = take("eEinumkKMGTP");
  if (text[position] === "-" || text[position] === "+") suffix += text[position++];
  suffix += take(digits);
  if (position < text.length) throw formatWrong();
  return { isNegative: text[0] === "-", whole, fraction, ...scaleOf(suffix) };
}

function scaleOf(suffix: string): Pick<Parts, "base" | "exponent" | "format"> {
  const decimal = decimalSuffixes.indexOf(suffix);
  if (decimal >= 0) return { base: 10, exponent: (decimal - 3) * 3, format: "decimal" };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary >= 0) return { base: 2, exponent: (binary + 1) * 10, format: "binary" };
  const power = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1];
  if (power === undefined || BigInt.asIntN(64, BigInt(power)) !== BigInt(power)) {
    throw new QuantityError("unable to parse quantity's suffix");
  }
  return { base: 10, exponent: Number(power), format: "exponent" };
}

/**
 * Kubernetes keeps the text of what its quick path takes for canonical, even where its printer
 * would write something else (`1.500`, `+5`).
 */
function isKept({ whole, fraction, base, exponent }: Parts): boolean {
  const digits = `${whole === "" ? "0" : whole}${fraction}`;
  if (base === 2) {
    const isQuick = fraction === "" && 15 - digits.length - Math.trunc(exponent * 0.3) - 1 >= 0;
    return isQuick && Number(digits) % 8 !== 0;
  }
  const scale = exponent - fraction.length;
  const isQuick = digits.length <= 18 && scale >= -9;
  return isQuick && scale % 3 === 0 && !digits.endsWith("000") && digits[0] !== "0";
}

function amountOf({ isNegative, whole, fraction, base, exponent, format }: Parts): Quantity {
  const digits = BigInt(`0${whole}${fraction}`);
  let divisor = 10n ** BigInt(fraction.length);
  let numerator = digits * nano;
  const power = BigInt(Math.min(Math.abs(exponent), exponentMax));
  const factor = BigInt(base) ** power;
  if (exponent < 0) divisor *= factor;
  else numerator *= factor;
  let nanos = dividedUp(numerator, divisor);
  if (format === "binary" && nanos > int64Max * nano) nanos = int64Max * nano;
  // Kubernetes calls what is less than one decimal, to avoid rounding.
  const isFraction = nanos > 0n && nanos < nano;
  return {
    nanos: isNegative ? -nanos : nanos,
    format: format === "binary" && isFraction ? "decimal" : format,
  };
}

function dividedUp(numerator: bigint, divisor: bigint): bigint {
  const quotient = numerator / divisor;
  if (quotient * divisor === numerator) return quotient;
  return numerator < 0n ? quotient - 1n : quotient + 1n;
}
