import { expect, test } from "vitest";
import type { Logged } from "../history/observation.ts";
import type { Call, Found, Operation, Outcome, Step } from "../history/operation.ts";
import { checkDurable } from "./durable.ts";
import { checkOrder } from "./order.ts";
import { resolveUnknown } from "./resolve.ts";

const never = Number.POSITIVE_INFINITY;
const logged: Logged[] = [
  { revision: 1, type: "created", key: "a", value: "v1", epoch: 1, sequence: 1 },
  { revision: 2, type: "created", key: "b", value: "v2", epoch: 1, sequence: 2 },
  { revision: 3, type: "updated", key: "a", value: "v3", epoch: 1, sequence: 2 },
  { revision: 4, type: "deleted", key: "b", value: "", epoch: 1, sequence: 3 },
];
const found = (key: string, value: string, revision: number): Found => ({
  key,
  value,
  revision,
  createRevision: 0,
});
const step = (verb: Step["verb"], key: string, value: string, expected = 0): Step => ({
  verb,
  key,
  value,
  expected,
});
const commit = (...steps: Step[]): Call => ({ type: "commit", steps });
const at = (revision: number): Outcome => ({ type: "committed", revision });
const got = (one: Found | undefined, revision: number): Outcome => ({
  type: "got",
  found: one,
  revision,
});
const get = (key: string) => ({ type: "get", key }) as const;

type Row = readonly [from: number, to: number, call: Call, outcome: Outcome];
const history = (rows: readonly Row[]): Operation[] =>
  rows.map(([invokedAt, returnedAt, call, outcome], id) => {
    return { id, client: `c${id}`, call, invokedAt, returnedAt, outcome };
  });
const createA: Row = [0, 1, commit(step("create", "a", "v1")), at(1)];
const both: Row = [2, 3, commit(step("create", "b", "v2"), step("update", "a", "v3", 1)), at(3)];
const removeB: Row = [4, 5, commit(step("delete", "b", "", 2)), at(4)];

test.each<[string, string[], Row[]]>([
  ["as it was", [], [createA, both, removeB, [6, 7, get("a"), got(found("a", "v3", 3), 4)]]],
  [
    "a revision twice",
    ["unique revisions", "revisions agree with time"],
    [createA, [2, 3, commit(step("create", "c", "x")), at(1)]],
  ],
  [
    "an update of another revision",
    ["compare and swap"],
    [[2, 3, commit(step("update", "a", "v3", 9)), at(3)]],
  ],
  [
    "half a commit that was not allowed",
    ["compare and swap"],
    [
      [
        2,
        3,
        commit(step("create", "b", "v2"), step("check", "a", "", 9), step("update", "a", "v3")),
        at(3),
      ],
    ],
  ],
  [
    "a read of another revision",
    ["reads at a revision"],
    [[6, 7, get("a"), got(found("a", "v1", 1), 4)]],
  ],
  ["a read that is old but says so", [], [[6, 7, get("a"), got(found("a", "v1", 1), 2)]]],
  [
    "an old read after a newer one was told",
    ["revisions agree with time"],
    [both, [6, 7, get("a"), got(found("a", "v1", 1), 2)]],
  ],
  [
    "an old read beside the write",
    [],
    [
      [2, 9, both[2], both[3]],
      [6, 7, get("a"), got(found("a", "v1", 1), 2)],
    ],
  ],
  [
    "a list that mixes two states",
    ["lists are consistent"],
    [[6, 7, { type: "list" }, { type: "listed", found: [found("a", "v3", 3)], revision: 3 }]],
  ],
  [
    "an old read of a cache, after a newer one was told",
    [],
    [both, [6, 7, { ...get("a"), isCached: true }, got(found("a", "v1", 1), 2)]],
  ],
  [
    "a read of a cache that never was",
    ["reads at a revision"],
    [[6, 7, { ...get("a"), isCached: true }, got(found("a", "v3", 3), 2)]],
  ],
  [
    "a list of one state",
    [],
    [[6, 7, { type: "list" }, { type: "listed", found: [found("a", "v3", 3)], revision: 4 }]],
  ],
  [
    "an earlier revision for a later write",
    ["revisions agree with time"],
    [
      [0, 1, commit(step("delete", "b", "", 2)), at(4)],
      [2, 3, commit(step("create", "a", "v1")), at(1)],
    ],
  ],
])("order: %s", (_, broken, rows) => {
  const properties = checkOrder(history(rows), logged, new Map()).map(({ property }) => property);
  expect([...new Set(properties)]).toEqual(broken);
});

test.each<[string, string[], Row[], Logged[]]>([
  ["all there", [], [createA, both, removeB], logged],
  ["a lost tail", ["acknowledged writes stay"], [createA, both, removeB], logged.slice(0, 3)],
  [
    "another write in its place",
    ["acknowledged writes stay"],
    [[0, 1, commit(step("create", "a", "v0")), at(1)]],
    logged,
  ],
  [
    "a commit in two pieces",
    ["commits are atomic"],
    [both],
    [
      ...logged.slice(0, 2),
      { revision: 3, type: "updated", key: "a", value: "v3", epoch: 1, sequence: 9 },
    ],
  ],
  [
    "a revision used again",
    ["revisions rise"],
    [],
    [...logged, { revision: 4, type: "created", key: "b", value: "v5", epoch: 2, sequence: 4 }],
  ],
  [
    "a creation of what is there",
    ["the log is a history"],
    [],
    [...logged, { revision: 5, type: "created", key: "a", value: "v5", epoch: 2, sequence: 4 }],
  ],
])("durable: %s", (_, broken, rows, log) => {
  const properties = checkDurable(history(rows), log, new Map()).map(({ property }) => property);
  expect([...new Set(properties)]).toEqual(broken);
});

const silent: Outcome = { type: "unknown", why: "silence" };
const outcomeOf = (call: Call, ...before: Row[]) => {
  const rows: Row[] = [...before, [0, never, call, silent]];
  return resolveUnknown(history(rows), logged, new Map())[before.length]?.outcome;
};

test("the log tells what became of unanswered writes", () => {
  expect(outcomeOf(commit(step("create", "b", "v2"), step("update", "a", "v3")))).toEqual(at(3));
  expect(outcomeOf(commit(step("create", "c", "v9")))).toBeUndefined();
  expect(outcomeOf(commit(step("delete", "b", "")))).toEqual(at(4));
  expect(outcomeOf(commit(step("delete", "b", "", 2)))).toEqual(at(4));
  expect(outcomeOf(commit(step("delete", "b", "", 1)))).toBeUndefined();
  // Somebody else was told that it was theirs.
  expect(outcomeOf(commit(step("delete", "b", "")), removeB)).toBeUndefined();
});
