/** Inputs that are nearly right: texts, bytes and JSON values with something changed. */
import { exactText } from "#libs/schema/exactjson.ts";
import type { Random } from "#libs/schema/arbitrary.ts";

/** A whole number of at least 0, below `bound`. */
export const below = (random: Random, bound: number): number => Math.floor(random() * bound);

/** One of these. Throws RangeError when there is none. */
export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[below(random, from.length)];
  if (chosen === undefined) throw new RangeError("nothing to pick from");
  return chosen;
}

const changesMax = 4;

/** Up to four changes: something deleted, doubled, moved, or one of `words` put in. */
export function mutateText(random: Random, text: string, words: readonly string[]): string {
  let changed = text;
  for (let count = below(random, changesMax) + 1; count > 0; count -= 1) {
    changed = changeText(random, changed, words);
  }
  return changed;
}

function changeText(random: Random, text: string, words: readonly string[]): string {
  const from = below(random, text.length + 1);
  const to = Math.min(text.length, from + below(random, 12));
  const [before, piece, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)];
  switch (below(random, 5)) {
    case 0:
      return before + after;
    case 1:
      return before + piece + piece + after;
    case 2:
      return after + piece + before;
    case 3:
      return before + String.fromCharCode(below(random, 0x300)) + after;
    default:
      return before + pick(random, words) + after;
  }
}

/** Bits flipped, bytes cut out, doubled or set. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let changed = Buffer.from(bytes);
  for (let count = below(random, changesMax) + 1; count > 0; count -= 1) {
    const at = below(random, changed.length + 1);
    switch (below(random, 4)) {
      case 0:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + below(random, 9))]);
        break;
      case 1:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(below(random, at + 1))]);
        break;
      case 2:
        if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << below(random, 8));
        break;
      default:
        if (at < changed.length) changed[at] = pick(random, [0, 0x7f, 0x80, 0xff, 0x0a, 0x12]);
    }
  }
  return changed;
}

const oddKeys = [
  "__proto__",
  "constructor",
  "toString",
  "",
  "$patch",
  "hasOwnProperty",
  "a/b",
  "0",
];
const oddValues: readonly unknown[] = [
  null,
  "",
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  2n ** 53n + 1n,
  2n ** 64n,
  true,
  [],
  {},
  [null],
  "\u0000",
  "\ud800",
  "$patch",
  "delete",
  "constructor",
  "__proto__",
  { $patch: "delete" },
  { $patch: "replace" },
  [{ $patch: "delete", name: "a" }],
  { name: null },
];

/** The value with one to four places changed; the given one stays as it is. */
export function mutateValue(random: Random, value: unknown): unknown {
  let changed = value;
  for (let count = below(random, changesMax) + 1; count > 0; count -= 1) {
    changed = changeValue(random, changed, 0);
  }
  return changed;
}

function changeValue(random: Random, value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || random() < 0.1) return oddValue(random);
  if (Array.isArray(value)) return changeList(random, value, depth);
  const object = { ...value } as Record<string, unknown>;
  const keys = Object.keys(object);
  const key = keys.length === 0 || random() < 0.2 ? pick(random, oddKeys) : pick(random, keys);
  const chance = random();
  if (chance < 0.15) delete object[key];
  else if (chance < 0.25) define(object, pick(random, oddKeys), own(object, key));
  else define(object, key, changeValue(random, own(object, key), depth + 1));
  return object;
}

function changeList(random: Random, list: readonly unknown[], depth: number): unknown {
  if (list.length === 0) return [oddValue(random)];
  const index = below(random, list.length);
  const chance = random();
  if (chance < 0.15) return list.toSpliced(index, 1);
  if (chance < 0.35) return list.toSpliced(index, 0, list[below(random, list.length)]);
  return list.with(index, changeValue(random, list[index], depth + 1));
}

const oddValue = (random: Random): unknown =>
  random() < 0.02 ? nested(below(random, nestedMax)) : pick(random, oddValues);

/** Below what a body may have, also when one is put into another. */
const nestedMax = 600;

function nested(levels: number): unknown {
  let value: unknown = "deep";
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const own = (object: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : null;

function define(object: Record<string, unknown>, key: string, value: unknown): void {
  const attributes = { enumerable: true, configurable: true, writable: true };
  Object.defineProperty(object, key, { value, ...attributes });
}

/** The same value; whoever writes to any part of it throws. */
export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) frozen(item);
  }
  return value;
}

const shownMax = 2_000;

/** A value as one line of a report. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = exactText(value);
  } catch {
    text = "(too deep to show)";
  }
  return text.length > shownMax ? `${text.slice(0, shownMax)} …` : text;
}
