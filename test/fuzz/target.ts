/** What a fuzzer is: one thing that must take any input. */
import type { Random } from "#libs/schema/arbitrary.ts";

export interface Target {
  readonly name: string;
  /**
   * One try with an input made of `random`. Returns the input for the report; throws what must
   * never be thrown. Errors that a client is told are no failures: targets swallow those.
   */
  readonly attempt: (random: Random) => Attempt;
}

export interface Attempt {
  /** For people: the input in one line or more. */
  readonly input: string;
  /** The call whose time counts. */
  readonly run: () => void;
}

/** An expectation that did not hold. */
export class BrokenLaw extends Error {
  override readonly name = "BrokenLaw";
}

/** Throws BrokenLaw, named by the law, when it does not hold. */
export function require(holds: boolean, law: string): asserts holds {
  if (!holds) throw new BrokenLaw(law);
}

/** Runs what may refuse its input with one of these errors, and with no other. */
export function refusing<T>(
  run: () => T,
  ...expected: readonly (abstract new (...given: never[]) => Error)[]
): T | undefined {
  try {
    return run();
  } catch (error) {
    if (expected.some((type) => error instanceof type)) return undefined;
    throw error;
  }
}
