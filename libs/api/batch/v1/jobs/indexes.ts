/** Sets of indexes of an indexed job, as text: `1,3-5,7` (Kubernetes: validateIndexesFormat). */
import { goQuote } from "../../../gotext.ts";

/** The text is no set of indexes; the message is Kubernetes'. */
export class IndexesError extends Error {
  override readonly name = "IndexesError";
}

export interface IndexInterval {
  readonly first: number;
  readonly last: number;
}

/** Throws IndexesError. Every index is below `completions`. */
export function parseIndexes(text: string, completions: number): IndexInterval[] {
  if (text === "") return [];
  const intervals: IndexInterval[] = [];
  for (const fragment of text.split(",")) {
    const interval = parseInterval(fragment, completions);
    const previous = intervals.at(-1);
    if (previous !== undefined && previous.last >= interval.first) {
      throw disordered(previous.last, interval.first);
    }
    intervals.push(interval);
  }
  return intervals;
}

function parseInterval(fragment: string, completions: number): IndexInterval {
  const parts = fragment.split("-");
  if (parts.length > 2) {
    throw new IndexesError(
      `the fragment ${goQuote(fragment)} violates the requirement that an index interval can ` +
        "have at most two parts separated by '-'",
    );
  }
  const [first = 0, last] = parts.map((part) => parseIndex(part, completions));
  if (last === undefined) return { first, last: first };
  if (first >= last) throw disordered(first, last);
  return { first, last };
}

function parseIndex(text: string, completions: number): number {
  if (!/^[-+]?\d+$/.test(text)) {
    throw new IndexesError(`cannot convert string to integer for index: ${goQuote(text)}`);
  }
  const index = Number(text);
  if (index >= completions) throw new IndexesError(`too large index: ${goQuote(text)}`);
  return index;
}

const disordered = (previous: number, current: number) =>
  new IndexesError(`non-increasing order, previous: ${previous}, current: ${current}`);

/** What is wrong with the text; undefined for nothing. */
export function indexesError(text: string, completions: number): string | undefined {
  try {
    parseIndexes(text, completions);
    return undefined;
  } catch (error) {
    if (error instanceof IndexesError) return error.message;
    throw error;
  }
}

/** The first index that two sets share. Fragments that do not parse are left out. */
export function sharedIndex(one: string, other: string, completions: number): number | undefined {
  const left = readable(one, completions);
  const right = readable(other, completions);
  let [here, there] = [0, 0];
  while (here < left.length && there < right.length) {
    const [a, b] = [left[here], right[there]];
    if (a === undefined || b === undefined) return undefined;
    if (a.first <= b.last && b.first <= a.last) return Math.max(a.first, b.first);
    if (a.first <= b.first) here++;
    else there++;
  }
  return undefined;
}

function readable(text: string, completions: number): IndexInterval[] {
  if (text === "") return [];
  return text.split(",").flatMap((fragment) => {
    try {
      return [parseInterval(fragment, completions)];
    } catch {
      return [];
    }
  });
}
