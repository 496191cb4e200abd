/** What a checker found. */
import type { Operation } from "../history/operation.ts";

export interface Violation {
  /** Property that does not hold. */
  readonly property: string;
  readonly message: string;
  /** Operations that show it, as few as could be found. */
  readonly operations: readonly Operation[];
}

export const violation = (
  property: string,
  message: string,
  operations: readonly Operation[] = [],
): Violation => ({ property, message, operations });
