import { describe, expect, test } from "vitest";
import type { Call, Found, Operation, Outcome } from "../history/operation.ts";
import { checkLinearizable } from "./linearizable.ts";
import { type Model, search, type Timed } from "./search.ts";

const never = Number.POSITIVE_INFINITY;
const found = (value: string, revision: number, key = "k"): Found => ({
  key,
  value,
  revision,
  createRevision: 0,
});
const create = (value: string): Call => ({
  type: "commit",
  steps: [{ verb: "create", key: "k", value, expected: 0 }],
});
const swap = (value: string, expected: number): Call => ({
  type: "commit",
  steps: [{ verb: "update", key: "k", value, expected }],
});
const remove = (expected: number): Call => ({
  type: "commit",
  steps: [{ verb: "delete", key: "k", value: "", expected }],
});
const get: Call = { type: "get", key: "k" };
const at = (revision: number): Outcome => ({ type: "committed", revision });
const got = (value: string, revision: number): Outcome => ({
  type: "got",
  found: found(value, revision),
  revision: 0,
});
const gotNothing: Outcome = { type: "got", found: undefined, revision: 0 };
const refused = (reason: "exists" | "absent" | "mismatch"): Outcome => ({
  type: "refused",
  reason,
  step: 0,
});
const unknown: Outcome = { type: "unknown", why: "silence" };

type Row = readonly [from: number, to: number, call: Call, outcome: Outcome];
const history = (rows: readonly Row[]): Operation[] =>
  rows.map(([invokedAt, returnedAt, call, outcome], id) => {
    return { id, client: `c${id}`, call, invokedAt, returnedAt, outcome };
  });
const isLinearizable = (...rows: readonly Row[]) =>
  checkLinearizable(history(rows), new Map()).length === 0;

describe("one key", () => {
  test.each<[string, boolean, Row[]]>([
    [
      "reads see the write before",
      true,
      [
        [0, 1, create("a"), at(1)],
        [2, 3, get, got("a", 1)],
      ],
    ],
    [
      "a stale read",
      false,
      [
        [0, 1, create("a"), at(1)],
        [2, 3, swap("b", 1), at(2)],
        [4, 5, get, got("a", 1)],
      ],
    ],
    [
      "a read beside a write may see either",
      true,
      [
        [0, 1, create("a"), at(1)],
        [2, 9, swap("b", 1), at(2)],
        [3, 4, get, got("a", 1)],
        [5, 6, get, got("b", 2)],
      ],
    ],
    [
      "but not the new and then the old",
      false,
      [
        [0, 1, create("a"), at(1)],
        [2, 9, swap("b", 1), at(2)],
        [3, 4, get, got("b", 2)],
        [5, 6, get, got("a", 1)],
      ],
    ],
    [
      "two creations of one key",
      false,
      [
        [0, 5, create("a"), at(1)],
        [0, 5, create("b"), at(2)],
      ],
    ],
    [
      "one of two creations is refused",
      true,
      [
        [0, 5, create("a"), at(1)],
        [0, 5, create("b"), refused("exists")],
      ],
    ],
    ["a refusal without a reason", false, [[0, 1, create("a"), refused("exists")]]],
    [
      "two swaps of one revision",
      false,
      [
        [0, 1, create("a"), at(1)],
        [2, 5, swap("b", 1), at(2)],
        [2, 5, swap("c", 1), at(3)],
      ],
    ],
    [
      "a swap that is refused at the right revision",
      false,
      [
        [0, 1, create("a"), at(1)],
        [2, 3, swap("b", 1), refused("mismatch")],
      ],
    ],
    [
      "a wrong revision",
      false,
      [
        [0, 1, create("a"), at(1)],
        [2, 3, get, got("a", 2)],
      ],
    ],
    [
      "a lost write",
      false,
      [
        [0, 1, create("a"), at(1)],
        [2, 3, get, gotNothing],
      ],
    ],
    [
      "a deletion",
      true,
      [
        [0, 1, create("a"), at(1)],
        [2, 3, remove(1), at(2)],
        [4, 5, get, gotNothing],
        [6, 7, remove(1), refused("absent")],
      ],
    ],
    [
      "revisions that fall",
      false,
      [
        [0, 1, create("a"), at(2)],
        [2, 3, swap("b", 0), at(1)],
      ],
    ],
    [
      "an unanswered write happened",
      true,
      [
        [0, never, create("a"), unknown],
        [2, 3, get, got("a", 1)],
      ],
    ],
    [
      "an unanswered write did not happen",
      true,
      [
        [0, never, create("a"), unknown],
        [2, 3, get, gotNothing],
      ],
    ],
    [
      "an unanswered write happens late",
      true,
      [
        [0, never, create("a"), unknown],
        [2, 3, get, gotNothing],
        [4, 5, get, got("a", 1)],
      ],
    ],
    [
      "but it does not happen and vanish",
      false,
      [
        [0, never, create("a"), unknown],
        [2, 3, get, got("a", 1)],
        [4, 5, get, gotNothing],
      ],
    ],
    [
      "an unanswered write that cannot happen yet happens later",
      true,
      [
        [0, never, swap("b", 1), unknown],
        [1, 2, get, gotNothing],
        [3, 4, create("a"), at(1)],
        [5, 6, get, got("b", 2)],
      ],
    ],
    [
      "nothing is read before it was written",
      false,
      [
        [0, 1, get, got("a", 1)],
        [2, never, create("a"), unknown],
      ],
    ],
  ])("%s: %s", (_, isRight, rows) => {
    expect(isLinearizable(...rows)).toBe(isRight);
  });

  test("a list is a read of every key", () => {
    const listed = (...all: Found[]): Outcome => ({ type: "listed", found: all, revision: 0 });
    const list: Call = { type: "list" };
    const rows = (outcome: Outcome): Row[] => [
      [0, 1, create("a"), at(1)],
      [2, 3, list, outcome],
    ];
    expect(isLinearizable(...rows(listed(found("a", 1))))).toBe(true);
    expect(isLinearizable(...rows(listed()))).toBe(false);
  });

  test("a violation is shown by the operations that it takes, and the state before", () => {
    const reads = Array.from({ length: 9 }, (_, index): Row => {
      const from = 2 + index / 10;
      return [from, from + 0.05, get, got("a", 1)];
    });
    const [violation] = checkLinearizable(
      history([
        [0, 1, create("a"), at(1)],
        ...reads,
        [3, 4, swap("b", 1), at(2)],
        [5, 6, get, got("b", 2)],
        [7, 8, get, got("a", 1)],
        [9, 10, get, got("b", 2)],
      ]),
      new Map(),
    );
    expect(violation?.message).toMatch(/^k: .* after b@2$/);
    expect(violation?.operations.map(({ id }) => id)).toEqual([12]);
  });
});

/** A register without revisions, so that many orders are possible. */
type Register = { readonly put: number } | { readonly seen: number };
const register: Model<number, Register> = {
  initial: 0,
  step: (state, input) => {
    if ("put" in input) return input.put;
    return input.seen === state ? state : undefined;
  },
  textOf: String,
};

describe("the search", () => {
  /** Writers that all overlap; a reader afterwards. */
  const crowd = (count: number, seen: number): Timed<Register>[] => [
    ...Array.from({ length: count }, (_, put) => ({
      input: { put: put + 1 },
      invokedAt: 0,
      returnedAt: 10,
    })),
    { input: { seen }, invokedAt: 11, returnedAt: 12 },
  ];

  test("remembers where it has been", () => {
    // 14! orders, but only 14 × 2^14 places.
    expect(search(register, crowd(14, 99), 3_000_000).type).toBe("violated");
    expect(search(register, crowd(14, 3), 3_000_000).type).toBe("linearizable");
  });

  test("says when it does not know", () => {
    expect(search(register, crowd(30, 99), 10_000).type).toBe("undecided");
  });
});
