/** Laws of sets, on many small sets, and the stored form. */
import { expect, test } from "vitest";
import {
  compareElements,
  difference,
  FieldSetBuilder,
  fieldSetOfPaths,
  hasElement,
  intersection,
  isFieldSet,
  pathsOf,
  pathText,
  recursiveDifference,
  sortedSet,
  union,
  type FieldSet,
} from "./fieldset.ts";

const paths = [
  ["f:a"],
  ["f:a", "f:b"],
  ["f:a", "f:b", "f:c"],
  ["f:l", 'k:{"name":"x"}'],
  ["f:l", 'k:{"name":"x"}', "f:image"],
  ["f:s", 'v:"one"'],
] as const;

function setOf(mask: number): FieldSet {
  const builder = new FieldSetBuilder();
  for (const [index, path] of paths.entries()) if (mask & (1 << index)) builder.insert(path);
  return builder.set;
}

const maskOf = (set: FieldSet): number => {
  const present = new Set([...pathsOf(set)].map((path) => path.join()));
  return paths.reduce((mask, path, index) => mask | (present.has(path.join()) ? 1 << index : 0), 0);
};

const masks = Array.from({ length: 1 << paths.length }, (_, mask) => mask);

test("every set is what was inserted, in whatever order", () => {
  for (const mask of masks) {
    const set = setOf(mask);
    expect(maskOf(set)).toBe(mask);
    const backwards = new FieldSetBuilder();
    for (const path of [...pathsOf(set)].reverse()) backwards.insert(path);
    expect(backwards.set).toEqual(set);
  }
});

test("union, intersection and difference are those of sets of paths", () => {
  for (const left of masks) {
    for (const right of masks) {
      const [a, b] = [setOf(left), setOf(right)];
      expect(maskOf(union(a, b))).toBe(left | right);
      expect(maskOf(intersection(a, b))).toBe(left & right);
      expect(maskOf(difference(a, b))).toBe(left & ~right);
      expect(a).toEqual(setOf(left));
    }
  }
});

test("an empty result has no empty nodes", () => {
  for (const mask of masks) {
    expect(difference(setOf(mask), setOf(mask))).toEqual({});
    expect(intersection(setOf(mask), {})).toEqual({});
  }
});

test("a recursive difference takes what is below as well", () => {
  expect(recursiveDifference(setOf(0b111111), fieldSetOfPaths(["a.b", "l"]))).toEqual({
    "f:a": {},
    "f:s": { 'v:"one"': {} },
  });
});

test("a parent that is in the set itself has a dot", () => {
  expect(setOf(0b011)).toEqual({ "f:a": { ".": {}, "f:b": {} } });
  expect(setOf(0b010)).toEqual({ "f:a": { "f:b": {} } });
  expect(hasElement(setOf(0b010), "f:a")).toBe(false);
});

test("elements are sorted by kind, then by value", () => {
  const elements = ["i:10", "i:9", 'v:"b"', 'k:{"port":443}', 'k:{"port":80}', "f:b", "f:a", "."];
  expect(elements.sort(compareElements)).toEqual([
    ".",
    "f:a",
    "f:b",
    'k:{"port":80}',
    'k:{"port":443}',
    'v:"b"',
    "i:9",
    "i:10",
  ]);
  expect(Object.keys(sortedSet({ "f:b": {}, "f:a": { "f:z": {}, ".": {} } }))).toEqual([
    "f:a",
    "f:b",
  ]);
});

test("paths are shown as Kubernetes shows them, ends before parents", () => {
  const set = {
    "f:l": { 'k:{"port":80,"protocol":"TCP"}': { "f:t": {} }, 'v:"x"': {} },
    "f:z": {},
  };
  expect([...pathsOf(set)].map(pathText)).toEqual([
    ".z",
    '.l[="x"]',
    '.l[port=80,protocol="TCP"].t',
  ]);
});

test.each([
  [{ "f:a": { ".": {}, 'k:{"n":1}': { 'v:"x"': {} }, "i:0": {} } }, true],
  [{ zz: {} }, false],
  [{ "f:a": 1 }, false],
  [{ "k:{": {} }, false],
  [{ "i:x": {} }, false],
  [[], false],
  [null, false],
])("%j is a stored set: %j", (value, expected) => {
  expect(isFieldSet(value)).toBe(expected);
});

test("a set that is too deep is none", () => {
  const deep = Array.from({ length: 5000 }).reduce<FieldSet>((inner) => ({ "f:a": inner }), {});
  expect(isFieldSet(deep)).toBe(false);
});
