/** What one evaluation knows and has spent. */
import type { Value } from "../values/value.ts";

/** Ends an evaluation that costs too much. */
export class CostExceeded extends Error {
  override readonly name = "CostExceeded";
}

export class Frame {
  /** Variables of loops, by the slot that planning gave them. */
  readonly locals: Value[] = [];
  readonly #variables: (name: string) => Value | undefined;
  readonly #costMax: number;
  #cost = 0;

  /** @param costMax what the evaluation may cost, in cel-go's units */
  constructor(variables: (name: string) => Value | undefined, costMax: number) {
    this.#variables = variables;
    this.#costMax = costMax;
  }

  get cost(): number {
    return this.#cost;
  }

  /** Undefined when the variable was given no value. */
  variable(name: string): Value | undefined {
    return this.#variables(name);
  }

  charge(cost: number): void {
    this.#cost += cost;
    if (this.#cost > this.#costMax) throw new CostExceeded();
  }
}

/** A planned expression. */
export type Step = (frame: Frame) => Value;
