/** Functions of texts: CEL's own, and version 2 of cel-go's string extension. */
import { bool, dyn, int, listOf, string } from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import { ArrayList, CelError, type CelList, type Value } from "../values/value.ts";
import { formatText } from "./format.ts";
import { compilePattern } from "./patterns.ts";

/** Code points: CEL counts those, JavaScript UTF-16 units. */
const points = (text: string): string[] => [...text];
const outOfRange = (index: bigint | number) => new CelError(`index out of range: ${index}`);

function charAt(text: string, index: bigint): Value {
  const all = points(text);
  if (index < 0n || index > BigInt(all.length)) return outOfRange(index);
  return all[Number(index)] ?? "";
}

/** Index of a text in another, in code points, from one on; -1 when it is not there. */
function indexOf(text: string, part: string, from = 0n): Value {
  const all = points(text);
  if (from < 0n || from > BigInt(all.length)) return outOfRange(from);
  const skipped = all.slice(0, Number(from)).join("").length;
  const found = text.indexOf(part, skipped);
  return found === -1 ? -1n : BigInt(points(text.slice(0, found)).length);
}

function lastIndexOf(text: string, part: string, from?: bigint): Value {
  const all = points(text);
  if (from !== undefined && (from < 0n || from > BigInt(all.length))) return outOfRange(from);
  const end = from === undefined ? text.length : all.slice(0, Number(from)).join("").length;
  const found = text.lastIndexOf(part, end);
  return found === -1 ? -1n : BigInt(points(text.slice(0, found)).length);
}

function substring(text: string, start: bigint, end?: bigint): Value {
  const all = points(text);
  const last = BigInt(all.length);
  const to = end ?? last;
  if (start < 0n || start > last) return outOfRange(start);
  if (to < 0n || to > last) return outOfRange(to);
  if (start > to) {
    return new CelError(`invalid substring range. start: ${start}, end: ${to}`);
  }
  return all.slice(Number(start), Number(to)).join("");
}

/** @param limit replaces only so many; below 0 all */
function replace(text: string, old: string, by: string, limit = -1n): Value {
  if (limit === 0n) return text;
  if (limit < 0n) return text.replaceAll(old, () => by);
  let left = limit;
  return text.replaceAll(old, (found) => (left-- > 0n ? by : found));
}

function split(text: string, separator: string, limit = -1n): Value {
  if (limit === 0n) return new ArrayList([]);
  const parts = separator === "" ? points(text) : text.split(separator);
  if (limit < 0n || BigInt(parts.length) <= limit) return new ArrayList(parts);
  const head = parts.slice(0, Number(limit) - 1);
  return new ArrayList([...head, parts.slice(Number(limit) - 1).join(separator)]);
}

function join(list: CelList, separator = ""): Value {
  const texts = [...list];
  const odd = texts.find((text) => typeof text !== "string");
  if (odd !== undefined) return new CelError("no such overload");
  return texts.join(separator);
}

const ascii = (text: string, from: RegExp, turn: (letters: string) => string) =>
  text.replace(from, turn);
const lower = (text: string) => ascii(text, /[A-Z]+/g, (letters) => letters.toLowerCase());
const upper = (text: string) => ascii(text, /[a-z]+/g, (letters) => letters.toUpperCase());
/** Go's white space, which is Unicode's. */
const trim = (text: string) => text.replace(/^[\s\u0085]+|[\s\u0085]+$/gu, "");
const reverse = (text: string) => points(text).toReversed().join("");

const escapes: Readonly<Record<string, string>> = {
  ...{ "\u0007": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t" },
  ...{ "\u000b": "\\v", "\\": "\\\\", '"': '\\"' },
};
const quote = (text: string) =>
  `"${text.toWellFormed().replace(/[\u0007\b\f\n\r\t\u000b\\"]/g, (one) => escapes[one] ?? one)}"`;

function matches(text: string, pattern: string): Value {
  const compiled = compilePattern(pattern);
  return compiled instanceof CelError ? compiled : compiled.matcher(text).find();
}

export const texts: readonly FunctionDeclaration[] = [
  declare(
    "contains",
    member("contains_string", [string, string], bool, (a: string, b: string) => a.includes(b)),
  ),
  declare(
    "startsWith",
    member("starts_with_string", [string, string], bool, (a: string, b: string) => a.startsWith(b)),
  ),
  declare(
    "endsWith",
    member("ends_with_string", [string, string], bool, (a: string, b: string) => a.endsWith(b)),
  ),
  declare(
    "matches",
    global("matches", [string, string], bool, matches),
    member("matches_string", [string, string], bool, matches),
  ),
  declare("charAt", member("string_char_at_int", [string, int], string, charAt)),
  declare(
    "indexOf",
    member("string_index_of_string", [string, string], int, indexOf),
    member("string_index_of_string_int", [string, string, int], int, indexOf),
  ),
  declare(
    "lastIndexOf",
    member("string_last_index_of_string", [string, string], int, lastIndexOf),
    member("string_last_index_of_string_int", [string, string, int], int, lastIndexOf),
  ),
  declare("lowerAscii", member("string_lower_ascii", [string], string, lower)),
  declare("upperAscii", member("string_upper_ascii", [string], string, upper)),
  declare(
    "replace",
    member("string_replace_string_string", [string, string, string], string, replace),
    member("string_replace_string_string_int", [string, string, string, int], string, replace),
  ),
  declare(
    "split",
    member("string_split_string", [string, string], listOf(string), split),
    member("string_split_string_int", [string, string, int], listOf(string), split),
  ),
  declare(
    "substring",
    member("string_substring_int", [string, int], string, substring),
    member("string_substring_int_int", [string, int, int], string, substring),
  ),
  declare("trim", member("string_trim", [string], string, trim)),
  declare("reverse", member("string_reverse", [string], string, reverse)),
  declare(
    "join",
    member("list_join", [listOf(string)], string, join),
    member("list_join_string", [listOf(string), string], string, join),
  ),
  declare("format", member("string_format", [string, listOf(dyn)], string, formatText)),
  declare("strings.quote", global("strings_quote", [string], string, quote)),
];
