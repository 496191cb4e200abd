/**
 * The difference of two texts as unified diff, with the choices of Python's difflib, which the Go
 * library that Kubernetes uses follows.
 */

interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

interface Change {
  readonly type: "equal" | "change";
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

/** Hunks with three lines around each change, without file names; "" when the texts are equal. */
export function unifiedDiff(before: string, after: string): string {
  const a = before.split("\n");
  const b = after.split("\n");
  const hunks = grouped(changes(a, b)).map((group) => hunkText(group, a, b));
  return hunks.join("");
}

const contextLines = 3;
/** From this many lines on, lines that occur often are not used to find what is alike. */
const popularFrom = 200;

function changes(a: readonly string[], b: readonly string[]): Change[] {
  const result: Change[] = [];
  let [i, j] = [0, 0];
  for (const block of [...matchingBlocks(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < block.a || j < block.b) {
      result.push({ type: "change", a: [i, block.a], b: [j, block.b] });
    }
    [i, j] = [block.a + block.size, block.b + block.size];
    if (block.size > 0) result.push({ type: "equal", a: [block.a, i], b: [block.b, j] });
  }
  return result;
}

function matchingBlocks(a: readonly string[], b: readonly string[]): Block[] {
  const places = placesOf(b);
  const found: Block[] = [];
  const search = (aLow: number, aHigh: number, bLow: number, bHigh: number): void => {
    const block = longestMatch(a, b, places, [aLow, aHigh, bLow, bHigh]);
    if (block.size === 0) return;
    search(aLow, block.a, bLow, block.b);
    found.push(block);
    search(block.a + block.size, aHigh, block.b + block.size, bHigh);
  };
  search(0, a.length, 0, b.length);
  return joined(found);
}

/** Blocks that follow each other without a gap are one. */
function joined(blocks: readonly Block[]): Block[] {
  const result: Block[] = [];
  for (const block of blocks) {
    const last = result.at(-1);
    if (last && last.a + last.size === block.a && last.b + last.size === block.b) {
      result[result.length - 1] = { ...last, size: last.size + block.size };
    } else result.push(block);
  }
  return result;
}

function placesOf(b: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  b.forEach((line, index) => {
    const known = places.get(line);
    if (known === undefined) places.set(line, [index]);
    else known.push(index);
  });
  if (b.length < popularFrom) return places;
  const often = Math.floor(b.length / 100) + 1;
  for (const [line, indexes] of places) if (indexes.length > often) places.delete(line);
  return places;
}

/** The longest run of equal lines in both ranges; of several the first in `a`, then in `b`. */
function longestMatch(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [aLow, aHigh, bLow, bHigh]: readonly [number, number, number, number],
): Block {
  let best: Block = { a: aLow, b: bLow, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = aLow; i < aHigh; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i] ?? "") ?? []) {
      if (j < bLow || j >= bHigh) continue;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  // Lines that were too common to search by may still lengthen a match.
  let { a: i, b: j, size } = best;
  while (i > aLow && j > bLow && a[i - 1] === b[j - 1]) [i, j, size] = [i - 1, j - 1, size + 1];
  while (i + size < aHigh && j + size < bHigh && a[i + size] === b[j + size]) size++;
  return { a: i, b: j, size };
}

/** Changes with their surroundings; those close to each other share a group. */
function grouped(all: readonly Change[]): Change[][] {
  const groups: Change[][] = [];
  let group: Change[] = [];
  all.forEach((change, index) => {
    const length = change.a[1] - change.a[0];
    const [isFirst, isLast] = [index === 0, index === all.length - 1];
    const tail = Math.max(0, length - contextLines);
    if (change.type === "change" || (length <= 2 * contextLines && !isFirst && !isLast)) {
      group.push(change);
      return;
    }
    if (!isFirst) {
      groups.push([...group, shortened(change, 0, Math.min(contextLines, length))]);
    }
    group = isLast ? [] : [shortened(change, tail, length)];
  });
  return group.some(({ type }) => type === "change") ? [...groups, group] : groups;
}

/** Lines `from` to `to` of an equal run. */
function shortened({ type, a, b }: Change, from: number, to: number): Change {
  return { type, a: [a[0] + from, a[0] + to], b: [b[0] + from, b[0] + to] };
}

function hunkText(group: readonly Change[], a: readonly string[], b: readonly string[]): string {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return "";
  const lines = group.flatMap((change) =>
    change.type === "equal"
      ? a.slice(...change.a).map((line) => ` ${line}`)
      : [
          ...a.slice(...change.a).map((line) => `-${line}`),
          ...b.slice(...change.b).map((line) => `+${line}`),
        ],
  );
  const header = `@@ -${rangeText(first.a[0], last.a[1])} +${rangeText(first.b[0], last.b[1])} @@`;
  return [header, ...lines].map((line) => `${line}\n`).join("");
}

function rangeText(from: number, to: number): string {
  const length = to - from;
  if (length === 1) return `${from + 1}`;
  return `${length === 0 ? from : from + 1},${length}`;
}
