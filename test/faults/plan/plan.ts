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
  /** Another one that begins while it lasts. */
  readonly second: Planned | undefined;
}

/** So often a fault is met by another. */
const doubleShare = 0.25;
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
    const own = random.fork(`${planned.length}`);
    const others = faults.filter((other) => canMeet(fault, other));
    const isDouble = others.length > 0 && own.next() < doubleShare;
    const second = isDouble ? planOne(own.pick(others), own.fork("second"), undefined) : undefined;
    planned.push(planOne(fault, own, second));
  }
  return planned;
}

function planOne(fault: Fault, random: Random, second: Planned | undefined): Planned {
  const [from, to] = fault.holdMs;
  const holdMs = random.between(from, to + 1);
  return { fault, holdMs, calmMs: random.between(50, calmMsMax), random, second };
}

/** One disk has one trouble at a time, and what heals everything on its way meets nothing else. */
const canMeet = (fault: Fault, other: Fault): boolean =>
  fault !== other &&
  !(fault.needs === "disks" && other.needs === "disks") &&
  !fault.isAlone &&
  !other.isAlone;
