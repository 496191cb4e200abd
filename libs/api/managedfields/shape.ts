/** What ownership must know of a type: which parts are owned whole and which piece by piece. */
import type { FieldSchema, MessageSchema } from "#libs/schema/schema.ts";

/** `any` is free JSON that is owned whole. */
export type ScalarType = "string" | "numeric" | "boolean" | "untyped" | "any";

export interface ListKey {
  readonly name: string;
  /** Stands in for an absent key: protocol of a port. */
  readonly default: unknown;
}

export type Shape =
  | { readonly kind: "scalar"; readonly type: ScalarType }
  | {
      readonly kind: "map";
      readonly atomic: boolean;
      /** Undefined for a map with free keys. */
      readonly fields: ReadonlyMap<string, Shape> | undefined;
      /** Of values under free keys. */
      readonly values: Shape | undefined;
    }
  | {
      readonly kind: "list";
      readonly relation: "atomic" | "set" | "map";
      readonly items: Shape;
      /** Sorted by name; of a map list. */
      readonly keys: readonly ListKey[];
    }
  /** Free JSON: maps are granular, lists atomic. */
  | { readonly kind: "deduced" };

export type MapShape = Extract<Shape, { kind: "map" }>;
export type ListShape = Extract<Shape, { kind: "list" }>;

const deduced: Shape = { kind: "deduced" };
const untyped: Shape = { kind: "scalar", type: "untyped" };
const text: Shape = { kind: "scalar", type: "string" };

/** What free JSON is like, seen from a value. */
const deducedList: ListShape = {
  kind: "list",
  relation: "atomic",
  items: deduced,
  keys: [],
};
const deducedMap: MapShape = {
  kind: "map",
  atomic: false,
  fields: undefined,
  values: deduced,
};

const shapes = new WeakMap<MessageSchema, Shape>();

/** The shape of a message's JSON form; made once. */
export function shapeOf(schema: MessageSchema): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const shape = makeShape(schema);
  shapes.set(schema, shape);
  return shape;
}

function makeShape(schema: MessageSchema): Shape {
  switch (schema.form) {
    case "quantity":
    case "intOrString":
    case "time":
    case "microTime":
      return untyped;
    case "duration":
      return text;
    case "rawObject":
      return { kind: "scalar", type: "any" };
    case "rawJson":
    case "schemaOr":
      return deduced;
    case "stringList":
      return { kind: "list", relation: "atomic", items: text, keys: [] };
    case "struct":
      return new StructShape(schema);
  }
}

/** Fields are looked at when first asked for: schemas may contain themselves. */
class StructShape {
  readonly kind = "map";
  readonly atomic: boolean;
  readonly values = undefined;
  readonly #schema: MessageSchema;
  #fields: ReadonlyMap<string, Shape> | undefined;

  constructor(schema: MessageSchema) {
    this.#schema = schema;
    this.atomic = schema.mapType === "atomic";
  }

  get fields(): ReadonlyMap<string, Shape> {
    return (this.#fields ??= fieldShapes(this.#schema));
  }
}

function fieldShapes({ byJsonName, typeMeta }: MessageSchema): ReadonlyMap<string, Shape> {
  const fields = new Map<string, Shape>();
  if (typeMeta) fields.set("apiVersion", text).set("kind", text);
  for (const [name, field] of byJsonName) fields.set(name, fieldShape(field));
  return fields;
}

function fieldShape(field: FieldSchema): Shape {
  const { cardinality, message, mapType, listType } = field;
  const value = message ? shapeOf(message) : scalarShape(field);
  if (cardinality === "map") {
    return { kind: "map", atomic: mapType === "atomic", fields: undefined, values: value };
  }
  if (cardinality === "list") {
    const keys = field.listMapKeys.toSorted().map((name) => ({
      name,
      default: message?.byJsonName.get(name)?.default,
    }));
    return { kind: "list", relation: listType ?? "atomic", items: value, keys };
  }
  if (value.kind !== "map" || mapType === undefined) return value;
  const atomic = mapType === "atomic";
  if (value.atomic === atomic) return value;
  return { kind: "map", atomic, fields: value.fields, values: value.values };
}

function scalarShape({ kind }: FieldSchema): Shape {
  switch (kind) {
    case "bool":
      return { kind: "scalar", type: "boolean" };
    case "string":
    case "bytes":
    case "enum":
      return text;
    default:
      return { kind: "scalar", type: "numeric" };
  }
}

/** A deduced shape takes the form of the value; others are what they are. */
export function resolve(shape: Shape, value: unknown): Exclude<Shape, { kind: "deduced" }> {
  if (shape.kind !== "deduced") return shape;
  if (Array.isArray(value)) return deducedList;
  if (typeof value === "object" && value !== null) return deducedMap;
  return untyped as Exclude<Shape, { kind: "deduced" }>;
}

/** The shape of a value below a map; undefined for a field that the type does not have. */
export function memberShape({ fields, values }: MapShape, key: string): Shape | undefined {
  return fields?.get(key) ?? values;
}
