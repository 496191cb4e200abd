/** Amounts of several resources: sums, differences and comparisons by name. */
import { addQuantities, compareQuantities, formatQuantity, parseQuantity } from "../quantity.ts";

export type Amounts = Readonly<Record<string, string>>;

export function addAmounts(one: Amounts, other: Amounts): Amounts {
  const sum: Record<string, string> = { ...one };
  for (const [name, amount] of Object.entries(other)) {
    const present = sum[name];
    sum[name] = present === undefined ? amount : addQuantities(present, amount);
  }
  return sum;
}

/** What `one` has more than `other`; may be below zero. */
export function subtractAmounts(one: Amounts, other: Amounts): Amounts {
  return addAmounts(one, mapAmounts(other, negated));
}

/** Of each name the larger amount. */
export function largestAmounts(one: Amounts, other: Amounts): Amounts {
  const result: Record<string, string> = { ...one };
  for (const [name, amount] of Object.entries(other)) {
    const present = result[name];
    if (present === undefined || compareQuantities(amount, present) > 0) result[name] = amount;
  }
  return result;
}

/** Only these names. */
export function pickAmounts(amounts: Amounts, names: Iterable<string>): Amounts {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const amount = amounts[name];
    if (amount !== undefined) kept[name] = amount;
  }
  return kept;
}

export const withoutZeros = (amounts: Amounts): Amounts =>
  pickAmounts(
    amounts,
    Object.keys(amounts).filter((name) => parseQuantity(amounts[name] ?? "0").nanos !== 0n),
  );

/** Names of which there is more than the limit allows; what has no limit is fine. */
export const namesAbove = (amounts: Amounts, limits: Amounts): string[] =>
  Object.entries(amounts).flatMap(([name, amount]) => {
    const limit = limits[name];
    return limit !== undefined && compareQuantities(amount, limit) > 0 ? [name] : [];
  });

export const mapAmounts = (amounts: Amounts, turn: (amount: string) => string): Amounts =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, turn(amount)]));

export function sameAmounts(one: Amounts, other: Amounts): boolean {
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => {
    const [a, b] = [one[name], other[name]];
    return a !== undefined && b !== undefined && compareQuantities(a, b) === 0;
  });
}

/** `cpu=1,memory=1Gi`, by name. */
export const amountsText = (amounts: Amounts): string =>
  Object.entries(amounts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${formatQuantity(parseQuantity(amount))}`)
    .join(",");

function negated(amount: string): string {
  const { nanos, format } = parseQuantity(amount);
  return formatQuantity({ nanos: -nanos, format });
}
