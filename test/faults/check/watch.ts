/**
 * The nine properties of watches that etcd promises, judged by the log: ordered, unique, atomic,
 * reliable, resumable, bookmarkable, filtered, previous value, is-create.
 */
import type { Logged, Watch, WatchEvent } from "../history/observation.ts";
import { isWrite, type Operation } from "../history/operation.ts";
import { absentKey, type KeyState } from "./keymodel.ts";
import { Timeline } from "./order.ts";
import { type Violation, violation } from "./violation.ts";

/** Violations of one property by one watch that are told. */
const toldMax = 3;

export interface WatchEvidence {
  readonly watches: readonly Watch[];
  /** All writes of the resource, in order, from before the first watch on. */
  readonly logged: readonly Logged[];
  readonly operations: readonly Operation[];
  readonly initial: ReadonlyMap<string, KeyState>;
}

interface Judged {
  readonly watch: Watch;
  readonly events: readonly WatchEvent[];
  /** What it should have been told, up to the last that it was told of. */
  readonly expected: readonly Logged[];
  readonly timeline: Timeline;
  readonly byRevision: ReadonlyMap<number, Logged>;
  /** Revisions between two writes of one commit. */
  readonly inside: ReadonlySet<number>;
}

type Property = (judged: Judged) => string[];

/** What the answer to "is all well" consists of: each property names what breaks it. */
export const watchProperties: Readonly<Record<string, Property>> = {
  "watch: ordered": ordered,
  "watch: unique": unique,
  "watch: atomic": atomic,
  "watch: reliable": reliable,
  "watch: resumable": resumable,
  "watch: bookmarkable": bookmarkable,
  "watch: filtered": filtered,
  "watch: previous value": previousValue,
  "watch: is-create": isCreate,
  "watch: values": values,
  "watch: continues its list": continuesList,
};

export function checkWatches({ watches, logged, operations, initial }: WatchEvidence): Violation[] {
  const timeline = new Timeline(initial, logged);
  const byRevision = new Map(logged.map((one) => [one.revision, one]));
  const inside = revisionsInside(operations);
  return watches.flatMap((watch) => {
    const events = eventsOf(watch);
    const last = lastTold(watch);
    const expected = logged.filter(
      ({ revision, key }) =>
        revision > watch.after && revision <= last && key.startsWith(watch.prefix),
    );
    const judged = { watch, events, expected, timeline, byRevision, inside };
    return Object.entries(watchProperties).flatMap(([property, broken]) =>
      broken(judged)
        .slice(0, toldMax)
        .map((message) => violation(property, `${watch.watcher} after ${watch.after}: ${message}`)),
    );
  });
}

const eventsOf = ({ told }: Watch): WatchEvent[] =>
  told.flatMap((each) => (each.type === "events" ? each.events : []));

/** The highest revision that the watch was told of, by an event or a bookmark. */
const lastTold = ({ told, after }: Watch): number =>
  told.reduce((highest, each) => {
    if (each.type === "bookmark") return Math.max(highest, each.revision);
    return Math.max(highest, ...each.events.map(({ revision }) => revision));
  }, after);

function revisionsInside(operations: readonly Operation[]): Set<number> {
  const inside = new Set<number>();
  for (const { call, outcome } of operations) {
    if (call.type !== "commit" || outcome.type !== "committed") continue;
    const writes = call.steps.filter(isWrite).length;
    for (let back = 1; back < writes; back += 1) inside.add(outcome.revision - back);
  }
  return inside;
}

const textOf = ({ type, key, value, revision }: WatchEvent | Logged) =>
  `${type} ${key}=${value}@${revision}`;

/** An event never comes after one of a later revision. */
function ordered({ events }: Judged): string[] {
  return events.flatMap((event, index) => {
    const before = events[index - 1];
    if (!before || event.revision >= before.revision) return [];
    return [`${textOf(event)} came after ${textOf(before)}`];
  });
}

/** No event comes twice. */
function unique({ events }: Judged): string[] {
  const seen = new Set<number>();
  return events.flatMap((event) => {
    if (seen.has(event.revision)) return [`${textOf(event)} came twice`];
    seen.add(event.revision);
    return [];
  });
}

/**
 * What belongs to one revision is told together. Here every write has a revision of its own, so
 * more is asked: no list and no bookmark stands between two writes of one commit.
 */
function atomic({ watch, inside }: Judged): string[] {
  const broken: string[] = [];
  let last = -1;
  for (const each of watch.told) {
    if (each.type === "bookmark") {
      if (inside.has(each.revision)) broken.push(`a bookmark splits a commit at ${each.revision}`);
      continue;
    }
    const [first] = each.events;
    if (first?.revision === last) broken.push(`revision ${last} was told in two pieces`);
    last = each.events.at(-1)?.revision ?? last;
  }
  if (watch.listed && inside.has(watch.after)) broken.push(`its list splits a commit`);
  return broken;
}

/** Whoever is told of a and c is told of b between them. */
function reliable({ events, expected }: Judged): string[] {
  const told = new Set(events.map(({ revision }) => revision));
  const first = Math.min(...told);
  return expected
    .filter(({ revision }) => revision > first && !told.has(revision))
    .map((one) => `${textOf(one)} is missing`);
}

/** A watch goes on just after the revision that it was asked to start at. */
function resumable({ watch, events, expected }: Judged): string[] {
  const early = events.filter(({ revision }) => revision <= watch.after);
  const [wanted] = expected;
  const [found] = events;
  const broken = early.map((event) => `${textOf(event)} is from before its start`);
  if (wanted && found && found.revision > wanted.revision) {
    broken.push(`begins with ${textOf(found)} instead of ${textOf(wanted)}`);
  }
  return broken;
}

/** Nothing up to a bookmark comes after it, and all of it came before. */
function bookmarkable({ watch, expected }: Judged): string[] {
  const broken: string[] = [];
  const told = new Set<number>();
  let bookmark = 0;
  let checked = 0;
  for (const each of watch.told) {
    if (each.type === "events") {
      for (const event of each.events) {
        told.add(event.revision);
        if (event.revision > bookmark) continue;
        broken.push(`${textOf(event)} came after the bookmark ${bookmark}`);
      }
      continue;
    }
    bookmark = Math.max(bookmark, each.revision);
    for (let next = expected[checked]; next; next = expected[checked]) {
      if (next.revision > bookmark) break;
      checked += 1;
      if (told.has(next.revision)) continue;
      broken.push(`${textOf(next)} had not come at the bookmark ${bookmark}`);
    }
  }
  return broken;
}

/** Only what was asked for. */
function filtered({ watch, events }: Judged): string[] {
  return events
    .filter(({ key }) => !key.startsWith(watch.prefix))
    .map((event) => `${textOf(event)} is not in "${watch.prefix}"`);
}

/** Where the value before is told, it is what the key held before. */
function previousValue({ events, timeline }: Judged): string[] {
  return events.flatMap((event) => {
    const { previousValue: told, key, revision } = event;
    if (told === undefined) return [];
    const held = timeline.at(key, revision - 1).value ?? "";
    return held === told ? [] : [`${textOf(event)} tells "${told}" as before, it was "${held}"`];
  });
}

/** The first write of a key's life is told apart from the later ones, and so is the last. */
function isCreate({ events, timeline, byRevision }: Judged): string[] {
  return events.flatMap((event) => {
    const logged = byRevision.get(event.revision);
    if (!logged || logged.key !== event.key) return [];
    if (logged.type !== event.type) return [`${textOf(event)} was ${logged.type}`];
    const isBorn = timeline.at(event.key, event.revision - 1).value === undefined;
    if (event.createRevision === 0 || event.type === "deleted") return [];
    const isTold = event.createRevision === event.revision;
    return isBorn === isTold ? [] : [`${textOf(event)} claims creation at ${event.createRevision}`];
  });
}

/** Each event tells a write that happened, as it happened. */
function values({ events, byRevision }: Judged): string[] {
  return events.flatMap((event) => {
    const logged = byRevision.get(event.revision);
    const isSame = logged?.key === event.key && logged.value === event.value;
    if (isSame || (event.type === "deleted" && logged?.key === event.key)) return [];
    return [`${textOf(event)}, the log has ${logged ? textOf(logged) : "nothing there"}`];
  });
}

/** What was listed is the state that the watch goes on from. */
function continuesList({ watch, timeline }: Judged): string[] {
  if (!watch.listed) return [];
  const listed = new Map(watch.listed.map((each) => [each.key, each]));
  const keys = [...new Set([...timeline.keys(), ...listed.keys()])];
  return keys
    .filter((key) => key.startsWith(watch.prefix))
    .flatMap((key) => {
      const { value, revision } = timeline.at(key, watch.after) ?? absentKey;
      const told = listed.get(key);
      const isSame = told?.value === value && (!told || told.revision === revision);
      return isSame
        ? []
        : [`listed ${key}=${told?.value ?? "absent"}, it was ${value ?? "absent"}`];
    });
}
