/**
 * Records Events as client-go's recorder does: repeated ones are counted, and losing one never
 * stops the work that it tells about.
 */
import type { Host } from "#libs/actor/component.ts";
import { hasReason } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { events } from "#libs/api/core/v1/events.ts";
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
}

export interface Recorder {
  /** Returns at once; the event is written when its turn comes. */
  record(occurrence: Occurrence): void;
}

interface Counted {
  readonly namespace: string;
  readonly name: string;
  count: number;
}

/** Events that wait to be written; above it new ones are dropped. */
const waitingMax = 1_000;
/** Different events whose repetitions are counted. As client-go's cache. */
const countedMax = 4_096;

/** The reference to an object that events carry. */
export function referenceTo(object: KubeObject, fieldPath?: string): ObjectReference {
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
  { world, log, signal }: Pick<Host, "world" | "log" | "signal">,
  client: Client,
  component: string,
  hostName = "",
): Recorder {
  const waiting: Occurrence[] = [];
  const counted = new Map<string, Counted>();
  let writing = false;
  let serial = 0;

  const remember = (key: string, entry: Counted) => {
    counted.delete(key);
    counted.set(key, entry);
    const [oldest] = counted.keys();
    if (counted.size > countedMax && oldest !== undefined) counted.delete(oldest);
  };

  const build = (occurrence: Occurrence, count: number): Event => {
    const { object, type, reason, message, fieldPath, related, action } = occurrence;
    const { name = "", namespace = "" } = object.metadata ?? {};
    const now = new Date(world.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const unique = (BigInt(world.now()) * 1_000_000n + BigInt(serial++ % 1_000_000)).toString(16);
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${unique}`, namespace: namespace || "default" },
      involvedObject: referenceTo(object, fieldPath),
      reason,
      message,
      source: { component, ...(hostName ? { host: hostName } : {}) },
      firstTimestamp: now,
      lastTimestamp: now,
      count,
      type,
      ...(related ? { related } : {}),
      ...(action ? { action } : {}),
      reportingComponent: component,
      reportingInstance: hostName,
    };
  };

  const write = async (occurrence: Occurrence): Promise<void> => {
    const { object, type, reason, message, fieldPath = "" } = occurrence;
    const key = [object.metadata?.uid, type, reason, message, fieldPath].join("\n");
    const known = counted.get(key);
    const event = build(occurrence, 1);
    if (known) {
      const patch = { count: known.count + 1, lastTimestamp: event.lastTimestamp };
      try {
        await client.patch(events, known, "application/merge-patch+json", patch);
        remember(key, { ...known, count: known.count + 1 });
        return;
      } catch (error) {
        // The first one expired or was deleted: start counting anew.
        if (!hasReason(error, "NotFound")) throw error;
      }
    }
    await client.create(events, event);
    const { name = "", namespace = "" } = event.metadata ?? {};
    remember(key, { namespace, name, count: 1 });
  };

  const drain = async () => {
    writing = true;
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      try {
        await write(next);
      } catch (error) {
        log.debug({ err: error, reason: next.reason }, "an event was not recorded");
      }
    }
    writing = false;
  };

  return {
    record(occurrence) {
      if (waiting.length >= waitingMax) return;
      waiting.push(occurrence);
      if (!writing) void drain();
    },
  };
}
