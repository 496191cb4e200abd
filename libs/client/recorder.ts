/**
 * Records Events as client-go's recorder does: repeated ones are counted, and losing one never
 * stops the work that it tells about.
 */
import type { Host } from "#libs/actor/component.ts";
import { hasReason } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { events } from "#libs/api/core/v1/events.ts";
import { mergePatch } from "#libs/api/patch/content.ts";
import { timeText } from "#libs/api/time.ts";
import type { Event, ObjectReference } from "#proto/gen/k8s/core/v1.ts";
import type { Client } from "./client.ts";

/** What happened to which object. */
export interface Occurrence {
  readonly object: KubeObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** Part of the object, e.g. `spec.containers{web}`. */
  readonly fieldPath?: string;
  readonly related?: ObjectReference;
  readonly action?: string;
  /** Milliseconds since 1970, when it is told later than it happened. */
  readonly at?: number;
}

export interface Recorder {
  /** Returns at once; the event is written when its turn comes. */
  record(occurrence: Occurrence): void;
}

interface Counted {
  readonly namespace: string;
  readonly name: string;
  readonly count: number;
}

/** Events that wait to be written; above it new ones are dropped. */
const waitingMax = 1_000;
/** Different events whose repetitions are counted. As client-go's cache. */
const countedMax = 4_096;

/** The reference to an object that events carry. */
function referenceTo(object: KubeObject, fieldPath?: string): ObjectReference {
  const { name = "", namespace = "", uid = "", resourceVersion = "" } = object.metadata ?? {};
  const { apiVersion = "", kind = "" } = object;
  return {
    kind,
    ...(namespace ? { namespace } : {}),
    name,
    uid,
    apiVersion,
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(fieldPath ? { fieldPath } : {}),
  };
}

/**
 * A recorder that writes one event after another. `component` is shown by `kubectl describe` in
 * the From column.
 */
export function eventRecorder(
  host: Surroundings,
  client: Client,
  component: string,
  hostName = "",
): Recorder {
  return new EventWriter(host, client, { component, hostName });
}

type Surroundings = Pick<Host, "world" | "log" | "signal">;

/** Who reports. */
interface Reporter {
  readonly component: string;
  readonly hostName: string;
}

class EventWriter implements Recorder {
  readonly #host: Surroundings;
  readonly #client: Client;
  readonly #reporter: Reporter;
  readonly #waiting: Occurrence[] = [];
  readonly #counted = new Map<string, Counted>();
  #isWriting = false;
  #serial = 0;

  constructor(host: Surroundings, client: Client, reporter: Reporter) {
    this.#host = host;
    this.#client = client;
    this.#reporter = reporter;
  }

  record(occurrence: Occurrence): void {
    if (this.#waiting.length >= waitingMax) return;
    this.#waiting.push({ ...occurrence, at: occurrence.at ?? this.#host.world.now() });
    if (!this.#isWriting) void this.#drain();
  }

  async #drain(): Promise<void> {
    const { log, signal } = this.#host;
    this.#isWriting = true;
    for (let next = this.#waiting.shift(); next && !signal.aborted; next = this.#waiting.shift()) {
      try {
        await this.#write(next);
      } catch (error) {
        log.debug({ err: error, reason: next.reason }, "an event was not recorded");
      }
    }
    this.#isWriting = false;
  }

  async #write(occurrence: Occurrence): Promise<void> {
    const { object, type, reason, message, fieldPath = "", at = 0 } = occurrence;
    const key = [object.metadata?.uid, type, reason, message, fieldPath].join("\n");
    const event = eventOf(occurrence, this.#reporter, at, this.#serial++);
    if (await this.#count(key, event)) return;
    await this.#client.create(events, event);
    const { name = "", namespace = "" } = event.metadata ?? {};
    this.#remember(key, { namespace, name, count: 1 });
  }

  /** Counts a repetition. False when there is nothing to count on, or no more. */
  async #count(key: string, { lastTimestamp }: Event): Promise<boolean> {
    const known = this.#counted.get(key);
    if (!known) return false;
    const count = known.count + 1;
    const patch = { count, lastTimestamp };
    try {
      await this.#client.patch(events, known, mergePatch, patch);
      this.#remember(key, { ...known, count });
      return true;
    } catch (error) {
      // The first one expired or was deleted: counting starts anew.
      if (hasReason(error, "NotFound")) return false;
      throw error;
    }
  }

  #remember(key: string, entry: Counted): void {
    this.#counted.delete(key);
    this.#counted.set(key, entry);
    const [oldest] = this.#counted.keys();
    if (this.#counted.size > countedMax && oldest !== undefined) this.#counted.delete(oldest);
  }
}

const nanosPerMilli = 1_000_000;

/** The Event for one occurrence; its name is made unique by time and serial number. */
function eventOf(
  { object, type, reason, message, fieldPath, related, action }: Occurrence,
  { component, hostName }: Reporter,
  now: number,
  serial: number,
): Event {
  const { name = "", namespace = "" } = object.metadata ?? {};
  const time = timeText(now);
  const nanos = BigInt(now) * BigInt(nanosPerMilli) + BigInt(serial % nanosPerMilli);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${nanos.toString(16)}`, namespace: namespace || "default" },
    involvedObject: referenceTo(object, fieldPath),
    reason,
    message,
    source: { component, ...(hostName ? { host: hostName } : {}) },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type,
    ...(related ? { related } : {}),
    ...(action ? { action } : {}),
    reportingComponent: component,
    reportingInstance: hostName,
  };
}
