/** Arbitrary values of messages, for tests: everything that a decoder has to expect. */
import { setKey } from "./codec/keys.ts";
import type { FieldSchema, MessageSchema } from "./schema.ts";

/** At least 0, below 1. */
export type Random = () => number;

/** A generator of numbers that are the same for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const depthMax = 5;
const itemsMax = 3;

const odd = ["é → 😀", "line\nbreak", '"quoted" \\'];
const texts = ["", "a", "web-1", "a.b/c", "x".repeat(200), ...odd];
const keys = ["a", "b", "app.kubernetes.io/name", "", "__proto__", "é", "constructor", "0"];
const int32s = [0, 1, -1, 80, 420, 2 ** 31 - 1, -(2 ** 31)];
const int64s = [...int32s, 2 ** 40, -(2 ** 40), Number.MAX_SAFE_INTEGER];
const doubles = [0, 1, -1.5, 1e300, 0.1];
const base64s = ["", "AA==", "aGVsbG8=", "////"];
const times = ["2026-01-02T03:04:05Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", null];
const zonedTimes = ["2026-01-02T03:04:05+02:00", "2026-01-02T03:04:05.999Z"];
const microTimes = ["2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05.123456Z", null];
const durations = ["0s", "1s", "1h2m3s", "1.5s", "20ms", "-5m0s", "100ns", "3µs"];
const quantities = ["0", "1", "100m", "1.5Gi", "1024Mi", "0.5", "1e3", "12e2", "-1", "5n", 5, 1.5];
const json = [{}, { a: 1 }, { f: { ".": {}, 'k:{"a":1}': null } }];

/** Values may contain themselves: after so many fields no more are added. */
const fieldsMax = 2_000;

interface State {
  readonly random: Random;
  fieldsLeft: number;
}

/** A JSON value of a message, as a client might send it: nulls and empty values included. */
export function arbitrary(schema: MessageSchema, random: Random): unknown {
  return arbitraryMessage(schema, { random, fieldsLeft: fieldsMax }, 0);
}

function arbitraryMessage(schema: MessageSchema, state: State, depth: number): unknown {
  const pick = picker(state);
  switch (schema.form) {
    case "quantity":
      return pick(quantities);
    case "intOrString":
      return pick<number | string>([...int32s.slice(0, -1), "", "http", "25%"]);
    case "time":
      return pick([...times, ...zonedTimes]);
    case "microTime":
      return pick(microTimes);
    case "duration":
      return pick(durations);
    case "rawObject":
      return pick(json);
    case "rawJson":
      return pick([...json, 5, "text", [1, null], false]);
    case "stringList":
      return pick([[], ["a"], ["a", "b"]]);
    case "schemaOr":
      return arbitrarySchemaOr(schema, state, depth);
    case "struct":
      return Object.fromEntries(members(schema, state, depth));
  }
}

const picker =
  ({ random }: State) =>
  <T>(list: readonly T[]): T =>
    list[Math.floor(random() * list.length)] as T;

function* members(
  schema: MessageSchema,
  state: State,
  depth: number,
): Generator<readonly [string, unknown]> {
  for (const field of schema.fields) {
    if (field.inline && field.message) yield* members(field.message, state, depth);
    else if (state.fieldsLeft > 0 && state.random() < likelihood(depth)) {
      state.fieldsLeft -= 1;
      yield [field.name, arbitraryField(field, state, depth)];
    }
  }
}

/** Deep down only what is small. */
const likelihood = (depth: number): number => (depth > depthMax ? 0.02 : depth > 2 ? 0.3 : 0.6);

function arbitraryField(field: FieldSchema, state: State, depth: number): unknown {
  if (state.random() < 0.05) return null;
  const value = () => arbitraryValue(field, state, depth + 1);
  const length = Math.floor(state.random() * itemsMax);
  if (field.cardinality === "list") return Array.from({ length }, value);
  if (field.cardinality === "single") return value();
  const object: Record<string, unknown> = {};
  for (let index = 0; index < length; index += 1) setKey(object, picker(state)(keys), value());
  return object;
}

function arbitraryValue(field: FieldSchema, state: State, depth: number): unknown {
  const pick = picker(state);
  const { kind, message } = field;
  if (message) return arbitraryMessage(message, state, depth);
  if (kind === "string") return pick(texts);
  if (kind === "bool") return state.random() < 0.5;
  if (kind === "bytes") return pick(base64s);
  if (kind === "double") return pick(doubles);
  return pick(kind === "int32" ? int32s : int64s);
}

function arbitrarySchemaOr(schema: MessageSchema, state: State, depth: number): unknown {
  const props = schema.fields.find(({ name }) => name === "schema")?.message;
  const other = schema.fields.find(({ name }) => name !== "schema");
  if (!props || !other) throw new Error(`${schema.name} has no two forms`);
  if (state.random() < 0.5) return arbitraryMessage(props, state, depth);
  if (other.kind === "bool") return state.random() < 0.5;
  return [other.message ? arbitraryMessage(other.message, state, depth) : "a"];
}
