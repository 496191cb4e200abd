/** What a fault is. */
import type { Random } from "../plan/random.ts";
import type { Auditor } from "../rig/auditor.ts";
import type { Linked } from "../rig/links.ts";
import type { Rig } from "../rig/rig.ts";

/** What a fault is given to break. */
export interface Broken {
  readonly rig: Rig;
  readonly auditor: Auditor;
  /** Repeats with the seed. */
  readonly random: Random;
  readonly holdMs: number;
}

export interface Fault {
  readonly name: string;
  /** Whether it needs disks of one's own, or a server to spare. */
  readonly needs?: "disks" | "cluster" | "apiserver";
  /** Whether nothing else may be broken at the same time. */
  readonly isAlone?: boolean;
  /** Whether it has to be asked for. */
  readonly isOnlyByName?: boolean;
  /** Milliseconds that it lasts, at least and at most. */
  readonly holdMs: readonly [number, number];
  /** Breaks something; whoever it was is told in words. What `mend` leaves is healed by the rig. */
  begin(broken: Broken): Promise<Begun>;
}

export interface Begun {
  /** What was hit. */
  readonly what: string;
  /** A promise that was seen broken already. */
  readonly breaks?: string;
  /** Counted as this instead of by its name. */
  readonly countedAs?: string;
  mend?(): Promise<void>;
}

/** The store that leads, as the log tells; any when nobody knows. */
export function leaderOf({ rig, auditor }: Broken): Linked {
  const leader = rig.stores.find(({ child }) => child.name === `store-${auditor.leader}`);
  const [first] = rig.stores;
  const found = leader ?? first;
  if (!found) throw new Error("the rig has no store");
  return found;
}

/** Those that do not lead. */
export const standbysOf = (broken: Broken): Linked[] =>
  broken.rig.stores.filter((store) => store !== leaderOf(broken));
