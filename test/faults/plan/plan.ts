/** Which faults happen when: a pure function of the seed. */
import type { Fault } from "../faults/fault.ts";
import type { Random } from "./random.ts";

export interface Planned {
  readonly fault: Fault;
  /** Milliseconds that it lasts. */
  readonly holdMs: number;
  /** Milliseconds of calm after the recovery from it. */
  readonly calmMs: number;
  readonly random: Random;
}

/** Milliseconds of calm between faults, at most. */
const calmMsMax = 600;

/**
 * Faults for one round. Each comes once before any comes again, in an order of the seed's, so that
 * a round with as many faults has them all.
 */
export function planRound(random: Random, faults: readonly Fault[], count: number): Planned[] {
  const planned: Planned[] = [];
  let bag: Fault[] = [];
  while (planned.length < count && faults.length > 0) {
    if (bag.length === 0) bag = [...faults];
    const [fault] = bag.splice(random.between(0, bag.length), 1);
    if (!fault) break;
    const [from, to] = fault.holdMs;
    const holdMs = random.between(from, to + 1);
    const calmMs = random.between(50, calmMsMax);
    planned.push({ fault, holdMs, calmMs, random: random.fork(`${planned.length}`) });
  }
  return planned;
}
