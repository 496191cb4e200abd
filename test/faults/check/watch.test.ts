import { expect, test } from "vitest";
import type { Logged, Told, Watch, WatchEvent } from "../history/observation.ts";
import type { Operation } from "../history/operation.ts";
import { checkBroadcasts } from "./broadcast.ts";
import { checkWatches } from "./watch.ts";

const logged: Logged[] = [
  { revision: 1, type: "created", key: "a-1", value: "v1", epoch: 1, sequence: 1 },
  { revision: 2, type: "updated", key: "a-1", value: "v2", epoch: 1, sequence: 2 },
  { revision: 3, type: "created", key: "b-1", value: "v3", epoch: 1, sequence: 3 },
  { revision: 4, type: "created", key: "b-2", value: "v4", epoch: 2, sequence: 3 },
  { revision: 5, type: "deleted", key: "a-1", value: "", epoch: 2, sequence: 4 },
];
/** Revisions 3 and 4 are one commit. */
const pair: Operation = {
  id: 1,
  client: "c",
  call: {
    type: "commit",
    steps: [
      { verb: "create", key: "b-1", value: "v3", expected: 0 },
      { verb: "create", key: "b-2", value: "v4", expected: 0 },
    ],
  },
  invokedAt: 0,
  returnedAt: 1,
  outcome: { type: "committed", revision: 4 },
};

const eventAt = (revision: number, change: Partial<WatchEvent> = {}): WatchEvent => {
  const one = logged.find((each) => each.revision === revision);
  if (!one) throw new Error(`no revision ${revision}`);
  const { type, key, value } = one;
  return { type, key, value, revision, createRevision: 0, previousValue: undefined, ...change };
};
const told = (...events: WatchEvent[]): Told[] =>
  events.map((event) => ({ type: "events", events: [event] }));
const all = (...revisions: number[]) => told(...revisions.map((revision) => eventAt(revision)));
const bookmark = (revision: number): Told => ({ type: "bookmark", revision });

type Case = readonly [what: string, broken: string[], watch: Partial<Watch>];
const found = (key: string, value: string, revision: number) => ({
  key,
  value,
  revision,
  createRevision: 0,
});

test.each<Case>([
  ["all events", [], { told: all(1, 2, 3, 4, 5) }],
  ["events so far", [], { told: all(1, 2, 3) }],
  ["the wrong order", ["ordered"], { told: all(1, 3, 2, 4, 5) }],
  ["an event twice", ["unique", "atomic"], { told: all(1, 2, 2, 3) }],
  ["an event twice, much later", ["ordered", "unique"], { told: all(1, 2, 3, 2) }],
  ["a missing event", ["reliable"], { told: all(1, 3, 4) }],
  ["a missing start", ["resumable"], { told: all(3, 4), after: 1 }],
  ["an event from before the start", ["resumable"], { told: all(2, 3, 4), after: 2 }],
  ["a bookmark behind all", [], { told: [...all(1, 2), bookmark(2), ...all(3)] }],
  ["a bookmark too early", ["bookmarkable"], { told: [...all(1), bookmark(2), ...all(2, 3)] }],
  [
    "a bookmark for what never came",
    ["reliable", "bookmarkable"],
    { told: [...all(1), bookmark(2)] },
  ],
  ["a bookmark inside a commit", ["atomic"], { told: [...all(1, 2, 3), bookmark(3)] }],
  [
    "a list inside a commit",
    ["atomic"],
    {
      after: 3,
      listed: [found("a-1", "v2", 2), found("b-1", "v3", 3)],
      told: all(4),
    },
  ],
  ["only what was asked for", [], { prefix: "b-", told: all(3, 4) }],
  ["what was not asked for", ["filtered"], { prefix: "b-", told: all(3, 4, 5) }],
  ["the value before", [], { told: told(eventAt(1), eventAt(2, { previousValue: "v1" })) }],
  [
    "a wrong value before",
    ["previous value"],
    { told: told(eventAt(1), eventAt(2, { previousValue: "v0" })) },
  ],
  [
    "a creation that is called an update",
    ["is-create"],
    { told: told(eventAt(1, { type: "updated" }), eventAt(2)) },
  ],
  [
    "a creation revision that is wrong",
    ["is-create"],
    { told: told(eventAt(1), eventAt(2, { createRevision: 2 })) },
  ],
  ["a wrong value", ["values"], { told: told(eventAt(1, { value: "v9" }), eventAt(2)) }],
  ["a list and what follows", [], { after: 1, listed: [found("a-1", "v1", 1)], told: all(2, 3) }],
  [
    "a list of another revision",
    ["continues its list"],
    { after: 1, listed: [found("a-1", "v2", 2)], told: all(2, 3) },
  ],
])("%s: %s", (_, broken, watch) => {
  const whole = { watcher: "w", prefix: "", after: 0, listed: undefined, told: [], ...watch };
  const evidence = { watches: [whole], logged, operations: [pair], initial: new Map() };
  const properties = checkWatches(evidence).map(({ property }) => property);
  expect([...new Set(properties)]).toEqual(broken.map((property) => `watch: ${property}`));
});

const heard = (event: WatchEvent, previousRevision = event.revision - 1, session = "s") => ({
  session,
  event,
  previousRevision,
});

test.each([
  ["true and in order", [], [heard(eventAt(1)), heard(eventAt(2)), heard(eventAt(4))]],
  ["in the wrong order", ["ordered"], [heard(eventAt(2)), heard(eventAt(1))]],
  ["late, from a leader before", [], [heard(eventAt(4)), heard(eventAt(3))]],
  ["twice", ["unique"], [heard(eventAt(1)), heard(eventAt(1))]],
  ["twice, to two", [], [heard(eventAt(1)), heard(eventAt(1), 0, "t")]],
  ["with another revision before", ["previous revision"], [heard(eventAt(3), 1)]],
  ["of what is not in the log", ["true"], [heard({ ...eventAt(1), revision: 9 })]],
  ["with another value", ["true"], [heard(eventAt(1, { value: "v0" }))]],
])("a broadcast %s: %s", (_, broken, broadcasts) => {
  const properties = checkBroadcasts(broadcasts, logged, undefined).map(({ property }) => property);
  expect([...new Set(properties)]).toEqual(broken.map((property) => `broadcast: ${property}`));
});
