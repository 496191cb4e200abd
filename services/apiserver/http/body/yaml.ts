/**
 * YAML as sigs.k8s.io/yaml reads it: YAML 1.1 words for booleans and numbers, keys as strings, the
 * first document only, and a JSON value as the result.
 */
import { EVENT_ID, getScalarValue, parseEvents, SCALAR_STYLE, YAMLException } from "js-yaml";
import type { Event, ScalarEvent } from "js-yaml";
import { goQuote } from "#libs/api/gotext.ts";
import { exactInteger } from "#libs/schema/exactjson.ts";

export interface YamlText {
  readonly value: unknown;
  /** `line 9: key "k" already set in map`. */
  readonly duplicates: readonly string[];
}

/** Worded as go-yaml words it, beginning with `yaml: `. */
export class YamlSyntaxError extends Error {
  override readonly name = "YamlSyntaxError";
}

/** Begins go-yaml's error of several lines. */
export const yamlErrorHead = "yaml: unmarshal errors:";

/**
 * Aliases may not blow a small text up to a big value. As go-yaml has it: nearly all nodes of a
 * small document may come from aliases, and a tenth of a big one's.
 */
const aliasesFree = 100;
const nodesSmall = 400_000;
const nodesBig = 4_000_000;
const aliasPartSmall = 0.99;
const aliasPartBig = 0.1;

function aliasPartMax(nodes: number): number {
  if (nodes <= nodesSmall) return aliasPartSmall;
  if (nodes >= nodesBig) return aliasPartBig;
  const part = (nodes - nodesSmall) / (nodesBig - nodesSmall);
  return aliasPartSmall - (aliasPartSmall - aliasPartBig) * part;
}

const duplicatesMax = 100;

/**
 * The first document as a JSON value. Throws YamlSyntaxError for what is no YAML, is nested more
 * than 1,000 deep, or blows up by its aliases.
 */
export function parseYaml(text: string): YamlText {
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: 1000 });
  } catch (error) {
    if (error instanceof YAMLException) throw new YamlSyntaxError(`yaml: ${goReason(error)}`);
    throw error;
  }
  const build = new Build(text, events);
  return { value: build.document(), duplicates: build.duplicates };
}

const misplacedMapping = "mapping values are not allowed in this context";

const reasons: readonly (readonly [RegExp, string])[] = [
  [/bad indentation of a mapping entry|nested mappings? .*not allowed/i, misplacedMapping],
  [/unexpected end of the stream within a/i, "did not find expected node content"],
  [/tab characters?/i, "found character that cannot start any token"],
  [/unidentified alias/i, "unknown anchor referenced"],
];

function goReason(error: YAMLException): string {
  const known = reasons.find(([pattern]) => pattern.test(error.reason));
  if (known !== undefined) {
    const line = error.mark?.line ?? 0;
    // go-yaml counts lines from 0 and leaves the first one out, except for missing content.
    if (known[1].startsWith("did not find")) return `line ${line + 1}: ${known[1]}`;
    return line > 0 ? `line ${line + 1}: ${known[1]}` : known[1];
  }
  return `line ${(error.mark?.line ?? 0) + 1}: ${error.reason}`;
}

class Build {
  readonly duplicates: string[] = [];
  private readonly text: string;
  private readonly events: readonly Event[];
  private readonly anchors = new Map<string, unknown>();
  private at = 0;
  private line = 1;
  private lineStart = 0;
  private nodes = 0;
  /** Of these, what stands there because of an alias. */
  private aliased = 0;

  constructor(text: string, events: readonly Event[]) {
    this.text = text;
    this.events = events;
  }

  document(): unknown {
    const first = this.events[0];
    if (first?.type !== EVENT_ID.DOCUMENT) return null;
    this.at = 1;
    const next = this.events[1];
    return next === undefined || next.type === EVENT_ID.POP ? null : this.node();
  }

  private node(): unknown {
    const event = this.events[this.at];
    this.at += 1;
    this.nodes += 1;
    if (event === undefined) return null;
    if (event.type === EVENT_ID.ALIAS) return this.alias(event.anchorStart, event.anchorEnd);
    if (event.type === EVENT_ID.SCALAR) return this.anchored(event, this.scalar(event));
    if (event.type === EVENT_ID.SEQUENCE) return this.anchored(event, this.sequence());
    if (event.type === EVENT_ID.MAPPING) return this.anchored(event, this.mapping());
    return null;
  }

  private alias(start: number, end: number): unknown {
    const name = this.text.slice(start, end);
    if (!this.anchors.has(name)) {
      throw new YamlSyntaxError(`yaml: unknown anchor '${name}' referenced`);
    }
    const value = this.anchors.get(name);
    const size = sizeOf(value);
    this.nodes += size;
    this.aliased += size;
    if (this.aliased > aliasesFree && this.aliased > aliasPartMax(this.nodes) * this.nodes) {
      throw new YamlSyntaxError("yaml: document contains excessive aliasing");
    }
    return value;
  }

  private anchored(event: { anchorStart: number; anchorEnd: number }, value: unknown): unknown {
    if (event.anchorStart >= 0) {
      this.anchors.set(this.text.slice(event.anchorStart, event.anchorEnd), value);
    }
    return value;
  }

  private scalar(event: ScalarEvent): unknown {
    const text = getScalarValue(this.text, event);
    const tag = event.tagStart < 0 ? "" : this.text.slice(event.tagStart, event.tagEnd);
    if (tag === "!!str" || tag === "!") return text;
    if (event.style !== SCALAR_STYLE.PLAIN && tag === "") return text;
    return plainValue(text);
  }

  private sequence(): unknown[] {
    const items: unknown[] = [];
    while (!this.ended()) items.push(this.node());
    this.at += 1;
    return items;
  }

  private mapping(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    const merged: unknown[] = [];
    const own = new Set<string>();
    while (!this.ended()) {
      const event = this.events[this.at];
      const key = this.node();
      const name = keyText(key);
      const isMerge = key === "<<" && isPlain(event);
      const value = this.node();
      if (isMerge) {
        merged.push(...(Array.isArray(value) ? value : [value]));
        continue;
      }
      if (own.has(name)) this.repeated(event, name);
      own.add(name);
      define(object, name, value);
    }
    this.at += 1;
    for (const source of merged) mergeInto(object, source);
    return object;
  }

  /** Counts on from the line that was asked for last: duplicates come in the order of the text. */
  private lineOf(position: number): number {
    if (position < this.lineStart) [this.line, this.lineStart] = [1, 0];
    for (;;) {
      const end = this.text.indexOf("\n", this.lineStart);
      if (end < 0 || end >= position) return this.line;
      this.line += 1;
      this.lineStart = end + 1;
    }
  }

  private ended(): boolean {
    const event = this.events[this.at];
    return event === undefined || event.type === EVENT_ID.POP;
  }

  private repeated(event: Event | undefined, name: string): void {
    if (this.duplicates.length >= duplicatesMax || event?.type !== EVENT_ID.SCALAR) return;
    const line = this.lineOf(event.valueStart);
    this.duplicates.push(`line ${line}: key ${goQuote(name)} already set in map`);
  }
}

const isPlain = (event: Event | undefined): boolean =>
  event?.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN;

/** `__proto__` is a key like any other. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, writable: true });
}

function mergeInto(object: Record<string, unknown>, source: unknown): void {
  if (typeof source !== "object" || source === null || Array.isArray(source)) {
    throw new YamlSyntaxError("yaml: map merge requires map or sequence of maps as the value");
  }
  for (const [key, value] of Object.entries(source)) {
    if (!Object.hasOwn(object, key)) define(object, key, value);
  }
}

function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  let size = 1;
  for (const item of Object.values(value)) size += sizeOf(item);
  return size;
}

function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" || typeof key === "boolean" || key === null) return String(key);
  throw new YamlSyntaxError("yaml: unsupported map key");
}

const trueWords: ReadonlySet<string> = new Set(
  "y,Y,yes,Yes,YES,true,True,TRUE,on,On,ON".split(","),
);
const falseWords: ReadonlySet<string> = new Set(
  "n,N,no,No,NO,false,False,FALSE,off,Off,OFF".split(","),
);
const nullWords: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);
const decimal = /^[-+]?[0-9][0-9_]*$/;
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/** What a plain YAML 1.1 scalar means. */
export function plainValue(text: string): string | number | bigint | boolean | null {
  if (nullWords.has(text)) return null;
  const first = text.charCodeAt(0);
  // Letters begin a word; digits, signs and points a number.
  if (first > 57 || first < 43) return boolOrText(text);
  const integer = integerValue(text);
  if (integer !== undefined) return integer;
  return float.test(text) ? Number(text) : boolOrText(text);
}

function boolOrText(text: string): string | boolean {
  if (trueWords.has(text)) return true;
  return falseWords.has(text) ? false : text;
}

function integerValue(text: string): number | bigint | undefined {
  const plain = text.replaceAll("_", "");
  const negative = plain.startsWith("-");
  const digits = plain.replace(/^[-+]/, "");
  const sign = negative ? -1 : 1;
  if (/^0[0-7]+$/.test(digits)) return sign * Number.parseInt(digits, 8);
  if (/^0o[0-7]+$/.test(digits)) return sign * Number.parseInt(digits.slice(2), 8);
  if (/^0x[0-9a-fA-F]+$/.test(digits)) return sign * Number.parseInt(digits.slice(2), 16);
  if (/^0b[01]+$/.test(digits)) return sign * Number.parseInt(digits.slice(2), 2);
  return decimal.test(text) && !/^0[0-9]/.test(digits) ? exactInteger(plain) : undefined;
}
