/** A way to the store: over the bus as the API server goes, or over HTTPS as users go. */
import type { Call, Found, Outcome } from "../history/operation.ts";
import type { Told } from "../history/observation.ts";

/** How a watch ended. */
export type WatchEnd =
  /** Cut off or asked to end: it can be resumed. */
  | "ended"
  /** What comes next is not known any more: list anew. */
  | "gone";

export interface WatchRequest {
  /** Keys with this prefix only. */
  readonly prefix: string;
  readonly after: number;
  readonly signal: AbortSignal;
  readonly tell: (told: Told) => void;
}

export interface Door {
  readonly name: string;
  /** Whether it takes commits of several keys, and checks. */
  readonly takesTransactions: boolean;
  /** Never rejects: what it does not know, it calls unknown. */
  ask(call: Call): Promise<Outcome>;
  /** Rejects when there is no answer. */
  list(prefix: string): Promise<{ readonly found: readonly Found[]; readonly revision: number }>;
  watch(request: WatchRequest): Promise<WatchEnd>;
  close(): Promise<void>;
}
