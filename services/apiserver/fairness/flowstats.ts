/** What happened to the requests of one flow schema in one priority level. */
import { Histogram } from "../health/exposition.ts";
import type { Refusal } from "./levelqueues.ts";

/** Upper bounds in seconds, as kube-apiserver has them. */
const waitBounds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const executionBounds = [
  0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240, 480,
];
const seatBounds = [1, 2, 4, 10];

/** Counts of one flow schema; the engine adds, /metrics reads. */
export class FlowStats {
  dispatched = 0;
  waiting = 0;
  waitingSeats = 0;
  running = 0;
  runningSeats = 0;
  readonly refused = new Map<Refusal, number>();
  /** Seconds; of those that waited and ran, and of those that waited in vain. */
  readonly waited = new Histogram(waitBounds);
  readonly waitedInVain = new Histogram(waitBounds);
  readonly executed = new Histogram(executionBounds);
  readonly seats = new Histogram(seatBounds);

  refuse(reason: Refusal): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }
}
