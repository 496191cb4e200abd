/**
 * JSON whose integers keep all their digits: those beyond 2^53 are bigints, all others numbers.
 * Texts and values without such integers cost nothing more than JSON itself.
 */

/** As short as an integer beyond 2^53 can be. */
const longDigits = /\d{16}/;
const integer = /^-?\d+$/;

/** `JSON.rawJSON` and the source of values are newer than TypeScript's library. */
interface ExactJson {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}
const exact = JSON as unknown as ExactJson;

/** Throws SyntaxError like JSON.parse. */
export function parseExact(text: string): unknown {
  if (!longDigits.test(text)) return JSON.parse(text);
  return exact.parse(text, (_key, value, { source = "" }) =>
    typeof value === "number" && integer.test(source) ? exactInteger(source) : value,
  );
}

/** The integer that these digits say: a number when that is exact. */
export function exactInteger(digits: string): number | bigint {
  const value = Number(digits);
  // Zero with a sign is one number more than Go has.
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

/** What JSON.stringify writes, with bigints as the numbers that they are. */
export function exactText(value: unknown, indent = 0): string {
  try {
    return JSON.stringify(value, null, indent) ?? "null";
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, rawIntegers, indent) ?? "null";
  }
}

/** For a replacer of JSON.stringify: what writes a bigint as the number that it is. */
export const rawInteger = (value: bigint): unknown => exact.rawJSON(String(value));

const rawIntegers = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? rawInteger(value) : value;

const int64Max = 2n ** 63n - 1n;

/** True when Go's int64 has this integer. */
export const isInt64 = (value: number | bigint): boolean =>
  typeof value === "number" || (value <= int64Max && value >= -int64Max - 1n);
