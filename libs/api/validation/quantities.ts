/** What checks ask of amounts. */
import { parseQuantity } from "../quantity.ts";

const nanosPerUnit = 1_000_000_000n;

export const isNegativeQuantity = (quantity: string): boolean => parseQuantity(quantity).nanos < 0n;
export const isZeroQuantity = (quantity: string): boolean => parseQuantity(quantity).nanos === 0n;
export const isPositiveQuantity = (quantity: string): boolean => parseQuantity(quantity).nanos > 0n;

/** The amount as a number, exact to nine decimals as long as it has at most 15 digits. */
export const quantityNumber = (quantity: string): number =>
  Number(parseQuantity(quantity).nanos) / Number(nanosPerUnit);

export const isWholeQuantity = (quantity: string): boolean =>
  parseQuantity(quantity).nanos % nanosPerUnit === 0n;

/** A multiple, 0 included, of a page size such as `2Mi`. False for a size that is none. */
export function isMultipleOf(quantity: string, size: string): boolean {
  if (!/^[1-9]\d*[KMGTPE]i$/.test(size)) return false;
  const { nanos } = parseQuantity(quantity);
  return nanos >= 0n && nanos % parseQuantity(size).nanos === 0n;
}
