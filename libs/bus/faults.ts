/**
 * Faults that an experiment asked for on what one connection receives: loss and delay by subject.
 * Requests' answers count too, under the subject that was asked.
 */
import type { World } from "#libs/actor/world.ts";

export interface Fault {
  /** NATS subject pattern: `*` is one token, a last `>` the rest. */
  readonly subject: string;
  /** Share of messages lost, 0 to 100. */
  readonly dropPercent: number;
  readonly delayMs: number;
}

/** Faults kept at most; the oldest gives way. */
const faultsMax = 64;

/** Whether a subject matches a NATS pattern. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  for (const [index, token] of wanted.entries()) {
    if (token === ">") return tokens.length > index;
    if (index >= tokens.length) return false;
    if (token !== "*" && token !== tokens[index]) return false;
  }
  return wanted.length === tokens.length;
}

/** The faults of one connection. Without any, `pass` costs one comparison. */
export class Faults {
  readonly #world: World;
  #faults: readonly Fault[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  add(fault: Fault): void {
    this.#faults = [...this.#faults, fault].slice(-faultsMax);
  }

  clear(): void {
    this.#faults = [];
  }

  /** Calls `deliver` now, later or never. */
  pass(subject: string, deliver: () => void): void {
    const fault = this.#faults.find((candidate) => matchesSubject(candidate.subject, subject));
    if (!fault) {
      deliver();
      return;
    }
    if (this.#world.random() * 100 < fault.dropPercent) return;
    if (fault.delayMs > 0) this.#world.after(fault.delayMs, deliver);
    else deliver();
  }
}
