/** Everything that is checked of one round, in one list. */
import type { Broadcast, Logged, Watch } from "../history/observation.ts";
import type { Operation } from "../history/operation.ts";
import { checkBroadcasts } from "./broadcast.ts";
import { checkDurable } from "./durable.ts";
import type { KeyState } from "./keymodel.ts";
import { checkLinearizable } from "./linearizable.ts";
import { checkOrder } from "./order.ts";
import { resolveUnknown } from "./resolve.ts";
import type { Violation } from "./violation.ts";
import { checkWatches } from "./watch.ts";

/** What was seen from one quiet moment to the next. */
export interface Evidence {
  /** What keys held at the first. */
  readonly initial: ReadonlyMap<string, KeyState>;
  readonly operations: readonly Operation[];
  readonly watches: readonly Watch[];
  readonly broadcasts: readonly Broadcast[];
  /** Every write between the two, as the log holds it at the second. */
  readonly logged: readonly Logged[];
  /** The write just before them. */
  readonly before: Logged | undefined;
}

type Checker = (evidence: Evidence) => Violation[];

/** One line for each checker. */
const checkers: readonly Checker[] = [
  ({ operations, initial }) => checkLinearizable(operations, initial),
  ({ operations, logged, initial }) => checkOrder(operations, logged, initial),
  ({ operations, logged, initial }) => checkDurable(operations, logged, initial),
  (evidence) => checkWatches(evidence),
  ({ broadcasts, logged, before }) => checkBroadcasts(broadcasts, logged, before),
];

export function judge(evidence: Evidence): Violation[] {
  const operations = resolveUnknown(evidence.operations, evidence.logged, evidence.initial);
  return checkers.flatMap((checker) => checker({ ...evidence, operations }));
}
