/** What watchers were told, and what the log says: the other half of the history. */
import type { Found } from "./operation.ts";

export type EventType = "created" | "updated" | "deleted";

export interface WatchEvent {
  readonly type: EventType;
  readonly key: string;
  /** "" when the door does not tell it (a deletion over the bus). */
  readonly value: string;
  readonly revision: number;
  /** 0: not told. */
  readonly createRevision: number;
  /** What the key held before, where the door tells it; undefined: not told. */
  readonly previousValue: string | undefined;
}

/** Told at once: complete revisions. A bookmark promises that nothing up to it is still to come. */
export type Told =
  | { readonly type: "events"; readonly events: readonly WatchEvent[] }
  | { readonly type: "bookmark"; readonly revision: number };

/** One watch from its start to its end; a watcher that resumes or lists anew begins another. */
export interface Watch {
  readonly watcher: string;
  /** Keys that the watch asked for: those with this prefix. */
  readonly prefix: string;
  /** Events after this revision were asked for. */
  readonly after: number;
  /** What the watcher listed just before, at `after`; undefined when it resumed. */
  readonly listed: readonly Found[] | undefined;
  readonly told: readonly Told[];
}

/** A broadcast as it came over the wire, before anybody put it in order. */
export interface Broadcast {
  /** Connections that were made anew begin another session. */
  readonly session: string;
  readonly event: WatchEvent;
  /** The revision before it of the resource, as the message tells it. */
  readonly previousRevision: number;
}

/** One write as the log holds it. */
export interface Logged {
  readonly revision: number;
  readonly type: EventType;
  readonly key: string;
  readonly value: string;
  /** Which leader wrote it; rises with every takeover. */
  readonly epoch: number;
  /** Sequence of the message; the writes of one message were committed together. */
  readonly sequence: number;
}
