/** Protobuf to JSON-form objects, in the form in which Go would write them as JSON. */
import type { FieldSchema, MessageSchema } from "../schema.ts";
import { decodeForm } from "./decode-forms.ts";
import { setKey } from "./keys.ts";
import type { ObjectReader } from "./reader.ts";
import { literal, Source } from "./source.ts";
import { emptyOf } from "./zero.ts";

/** Reads a message that ends at `end`. */
export type Decoder = (reader: ObjectReader, end: number, depth: number) => unknown;
type Fields = Record<string, unknown>;
type MapDecoder = (reader: ObjectReader, map: Fields, depth: number) => void;
type ValueReader = (reader: ObjectReader, depth: number) => unknown;

/**
 * Deeper messages are refused, before the stack ends. It is more than twice what is read from JSON,
 * where a schema in another one counts once and not twice: what was taken can be read again.
 */
const depthMax = 1_100;
const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;
const decoders = new WeakMap<MessageSchema, Decoder>();

/** The decoder of a message. It is made when it is first used, and those inside of it likewise. */
export function messageDecoder(schema: MessageSchema): Decoder {
  const known = decoders.get(schema);
  if (known) return known;
  let made: Decoder | undefined;
  const lazy: Decoder = (reader, end, depth) => {
    made ??= schema.form === "struct" ? structDecoder(schema) : decodeForm(schema, messageDecoder);
    return made(reader, end, depth);
  };
  decoders.set(schema, lazy);
  return lazy;
}

/**
 * Composed as source text: an object's fields are then set by name, which is twice as fast as
 * setting them by a variable.
 */
function structDecoder(schema: MessageSchema): Decoder {
  const source = new Source();
  source.line(`if (depth > ${depthMax}) throw new RangeError("a message is nested too deeply");`);
  source.line(`if (end > reader.len) throw new RangeError("a message is cut short");`);
  source.line("const object = {};");
  composeFields(source, schema, "end");
  for (const { name, make } of absentFields(schema)) {
    const key = literal(name);
    source.line(`if (object[${key}] === undefined) object[${key}] = ${source.refer(make)}();`);
  }
  source.line("return object;");
  return source.compile<Decoder>("reader, end, depth", `decode ${schema.name}`);
}

/** Reads fields into `object` up to the position that the variable `end` has. */
function composeFields(source: Source, schema: MessageSchema, end: string): void {
  source.line(`while (reader.pos < ${end}) {`);
  source.line("const tag = reader.uint32();");
  source.line("switch (tag) {");
  for (const field of schema.fields) composeField(source, field, schema, end);
  // A known field must not be skipped because its wire type is wrong.
  const known = source.refer(new Set(schema.fields.map(({ number }) => number)));
  source.line(`default: if (${known}.has(tag >>> 3)) throw new RangeError("wrong wire type");`);
  source.line("reader.skipType(tag & 7);");
  source.line("} }");
  source.line(
    `if (reader.pos !== ${end}) throw new RangeError("a field runs past the end of its message");`,
  );
}

function composeField(
  source: Source,
  field: FieldSchema,
  parent: MessageSchema,
  outerEnd: string,
): void {
  const { name, number, cardinality, message } = field;
  const wire = cardinality === "map" ? lengthDelimited : wireType(field);
  const target = `object[${literal(name)}]`;
  source.line(`case ${(number << 3) | wire}: {`);
  if (field.inline && message) {
    const end = `${outerEnd}In`;
    source.line(`const length = reader.uint32(); const ${end} = reader.pos + length;`);
    composeFields(source, message, end);
  } else if (cardinality === "map") {
    const read = source.refer(mapDecoder(field, parent));
    source.line(`${read}(reader, ${target} ??= {}, depth);`);
  } else {
    source.line(`const value = ${valueText(source, field, parent)};`);
    source.line(storeText(field, parent, target));
  }
  source.line("break; }");
  if (cardinality === "list" && wire !== lengthDelimited) {
    composePacked(source, field, parent, target);
  }
}

/** Numbers may be packed into one field. */
function composePacked(
  source: Source,
  field: FieldSchema,
  parent: MessageSchema,
  target: string,
): void {
  source.line(`case ${(field.number << 3) | lengthDelimited}: {`);
  source.line("const length = reader.uint32(); const stop = reader.pos + length;");
  source.line(`const list = ${target} ??= [];`);
  source.line(`while (reader.pos < stop) list.push(${valueText(source, field, parent)});`);
  source.line("break; }");
}

function storeText(field: FieldSchema, parent: MessageSchema, target: string): string {
  if (field.cardinality === "list") {
    return `if (${target} === undefined) ${target} = [value]; else ${target}.push(value);`;
  }
  const store = `${target} = value;`;
  if (!isKubernetes(parent) || field.pointer || field.always) return store;
  // A plain Go value is not written when it is zero.
  return `if (value !== 0 && value !== "" && value !== false && value !== null) ${store}`;
}

/** How a value is read; numbers and texts without a call in between. */
function valueText(source: Source, field: FieldSchema, parent: MessageSchema): string {
  const method = methods[field.kind];
  if (method !== undefined) return `reader.${method}()`;
  return `${source.refer(valueReader(field, parent))}(reader, depth)`;
}

const methods: Partial<Record<FieldSchema["kind"], string>> = {
  string: "string",
  bool: "bool",
  int32: "int32",
  uint32: "uint32",
  fixed32: "fixed32",
  int64: "number64",
  uint64: "number64",
  double: "double",
};

function wireType({ kind }: FieldSchema): number {
  if (kind === "string" || kind === "bytes" || kind === "message") return lengthDelimited;
  return kind === "double" ? fixed64 : kind === "fixed32" ? fixed32 : varint;
}

/** In kubus messages absent fields have values; in Kubernetes' JSON they are left out. */
const isKubernetes = ({ name }: MessageSchema) => name.startsWith("k8s.");

/** What stands in fields that the bytes do not have. */
function* absentFields(
  schema: MessageSchema,
): Generator<{ readonly name: string; readonly make: () => unknown }> {
  for (const field of schema.fields) {
    if (field.inline && field.message) {
      yield* absentFields(field.message);
      continue;
    }
    const zero = isKubernetes(schema) ? (field.always ? emptyOf(field) : undefined) : zeroOf(field);
    if (zero) yield { name: field.name, make: zero };
  }
}

function zeroOf(field: FieldSchema): (() => unknown) | undefined {
  if (field.cardinality === "list") return () => [];
  if (field.cardinality === "map") return () => ({});
  if (field.kind === "message" || field.optional) return undefined;
  if (field.kind === "bytes") return () => new Uint8Array(0);
  if (field.kind === "enum") {
    const [zero] = Object.entries(field.enumNumbers ?? {}).find(([, number]) => number === 0) ?? [];
    return () => zero;
  }
  const zero = field.kind === "string" ? "" : field.kind === "bool" ? false : 0;
  return () => zero;
}

const keyTag = (1 << 3) | lengthDelimited;

function mapDecoder(field: FieldSchema, parent: MessageSchema): MapDecoder {
  const read = valueReader(field, parent);
  const zero = emptyOf({ ...copyOf(field), cardinality: "single", pointer: false });
  const valueTag = (2 << 3) | wireType(field);
  return (reader, map, depth) => {
    const length = reader.uint32();
    const end = reader.pos + length;
    let key = "";
    let value: unknown;
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === keyTag) key = reader.string();
      else if (tag === valueTag) value = read(reader, depth);
      else reader.skipType(tag & 7);
    }
    setKey(map, key, value ?? zero());
  };
}

const copyOf = ({ name, kind, message }: FieldSchema) => ({ name, kind, message });

function valueReader(field: FieldSchema, parent: MessageSchema): ValueReader {
  const { message, kind } = field;
  if (message) {
    const decode = messageDecoder(message);
    return (reader, depth) => {
      const length = reader.uint32();
      return decode(reader, reader.pos + length, depth + 1);
    };
  }
  switch (kind) {
    case "string":
      return (reader) => reader.string();
    case "bool":
      return (reader) => reader.bool();
    case "int32":
      return (reader) => reader.int32();
    case "uint32":
      return (reader) => reader.uint32();
    case "fixed32":
      return (reader) => reader.fixed32();
    case "int64":
      return (reader) => reader.number64();
    case "uint64":
      return (reader) => reader.number64();
    case "double":
      return (reader) => reader.double();
    case "bytes":
      return isKubernetes(parent)
        ? (reader) => Buffer.from(reader.bytes()).toString("base64")
        : (reader) => reader.valueBytes();
    case "enum":
      return enumReader(field);
    case "message":
      throw new Error(`${field.name} has no message`);
  }
}

function enumReader({ enumNumbers = {} }: FieldSchema): ValueReader {
  const names = new Map(Object.entries(enumNumbers).map(([name, number]) => [number, name]));
  return (reader) => {
    const number = reader.int32();
    // A word of a newer version: what is not known is unspecified.
    return names.get(number) ?? names.get(0);
  };
}
