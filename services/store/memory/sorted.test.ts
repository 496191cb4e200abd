import { expect, test } from "vitest";
import { SortedEntries, type SortedEntry } from "./sorted.ts";

interface Mutable extends SortedEntry {
  living: boolean;
}

/** Numbers 0 … count-1 in an order that depends on the seed. */
const shuffled = (count: number, seed: number) =>
  Array.from({ length: count }, (_, index) => index).toSorted(
    (a, b) => ((a * seed) % 10_007) - ((b * seed) % 10_007) || a - b,
  );

const keyOf = (number: number) => `k${String(number).padStart(5, "0")}`;

test.each([1, 3_571, 7_919])("against a sorted array, seed %i", (seed) => {
  const sorted = new SortedEntries<Mutable>();
  const model = new Map<string, Mutable>();
  const compare = () => {
    const expected = [...model.keys()].toSorted();
    expect([...sorted.from("")].map(({ sortKey }) => sortKey)).toEqual(expected);
    expect(sorted.size).toBe(expected.length);
    for (const [from, to] of [
      ["", "z"],
      ["k00100", "k03000"],
      ["k02999x", "k03001"],
      ["m", "n"],
    ] as const) {
      const within = [...model.values()].filter(({ sortKey }) => sortKey >= from && sortKey < to);
      expect(sorted.countLiving(from, to)).toBe(within.filter(({ living }) => living).length);
      const [first] = sorted.from(from);
      expect(first?.sortKey).toBe(expected.find((key) => key >= from));
    }
  };
  for (const number of shuffled(4_000, seed)) {
    const entry = { sortKey: keyOf(number), living: number % 3 > 0 };
    model.set(entry.sortKey, entry);
    sorted.insert(entry);
  }
  compare();
  for (const number of shuffled(4_000, seed + 2)) {
    const entry = model.get(keyOf(number));
    if (!entry || number % 5 === 0) continue;
    if (number % 2 === 0) {
      entry.living = !entry.living;
      sorted.noteLiveness(entry);
    } else {
      model.delete(entry.sortKey);
      sorted.remove(entry);
    }
  }
  compare();
  for (const entry of [...model.values()]) {
    model.delete(entry.sortKey);
    sorted.remove(entry);
  }
  compare();
});
