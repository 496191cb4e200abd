/** Message schemas by name, built from the descriptors when they are first asked for. */
import { descriptor as read, type FieldDescriptor, type MessageDescriptor } from "./descriptor.ts";
import type { FieldSchema, MessageForm, MessageSchema, ScalarKind } from "./schema.ts";

const built = new Map<string, MessageSchema>();
const kinds = new Map<string, string>();
const scalarKinds: ReadonlySet<string> = new Set([
  "string",
  "bool",
  "int32",
  "uint32",
  "fixed32",
  "int64",
  "uint64",
  "double",
  "bytes",
]);

const forms: Readonly<Record<string, MessageForm>> = {
  FORM_QUANTITY: "quantity",
  FORM_INT_OR_STRING: "intOrString",
  FORM_TIME: "time",
  FORM_MICRO_TIME: "microTime",
  FORM_DURATION: "duration",
  FORM_RAW_OBJECT: "rawObject",
  FORM_RAW_JSON: "rawJson",
  FORM_STRING_LIST: "stringList",
  FORM_SCHEMA_OR: "schemaOr",
};

/** The schema of a message by its full proto name. Throws when there is none. */
export function schemaOf(name: string): MessageSchema {
  const known = built.get(name);
  if (known) return known;
  const descriptor = read().messages[name];
  if (!descriptor) throw new Error(`no message ${name}`);
  const schema = new LazyMessage(name, descriptor);
  built.set(name, schema);
  return schema;
}

/** The schema of a Kubernetes kind, if it has a message. */
export function kindSchema(
  group: string,
  version: string,
  kind: string,
): MessageSchema | undefined {
  if (kinds.size === 0) fillKinds();
  const name = kinds.get(`${group}/${version}/${kind}`);
  return name === undefined ? undefined : schemaOf(name);
}

/** Names of all messages. */
export function messageNames(): readonly string[] {
  return Object.keys(read().messages);
}

/** All schemas. */
export function allSchemas(): readonly MessageSchema[] {
  return messageNames().map(schemaOf);
}

function fillKinds(): void {
  for (const [name, { kind }] of Object.entries(read().messages)) {
    const gvk = schemaOf(name).gvk;
    if (kind && gvk) kinds.set(`${gvk.group}/${gvk.version}/${gvk.kind}`, name);
  }
}

/** Numbers of an enum's names. Throws when there is no such enum. */
function enumOf(name: string): Readonly<Record<string, number>> {
  const values = read().enums[name];
  if (!values) throw new Error(`no enum ${name}`);
  return values;
}

class LazyMessage implements MessageSchema {
  readonly name: string;
  readonly #descriptor: MessageDescriptor;
  #fields: readonly FieldSchema[] | undefined;
  #byJsonName: ReadonlyMap<string, FieldSchema> | undefined;
  #byNumber: ReadonlyMap<number, FieldSchema> | undefined;

  constructor(name: string, descriptor: MessageDescriptor) {
    this.name = name;
    this.#descriptor = descriptor;
  }

  get shortName() {
    return this.name.slice(this.name.lastIndexOf(".") + 1);
  }

  get openapi() {
    const { openapi_package: published } = read().packages[this.#package] ?? {};
    const { unpublished } = this.#descriptor;
    return published && !unpublished ? `${published}.${this.shortName}` : undefined;
  }

  get #package() {
    return this.name.slice(0, this.name.lastIndexOf("."));
  }

  get form() {
    return forms[this.#descriptor.form ?? ""] ?? "struct";
  }

  get typeMeta() {
    return this.#descriptor.type_meta === true;
  }

  get mapType() {
    return this.#descriptor.map_type;
  }

  get everyGroup() {
    return this.#descriptor.every_group === true;
  }

  get union() {
    const { union_discriminator: discriminator, union_fields: fields } = this.#descriptor;
    if (!fields) return undefined;
    return { discriminator, fields: Object.fromEntries(fields.map((one) => one.split("="))) };
  }

  get description() {
    return this.#descriptor.description ?? "";
  }

  get gvk() {
    const { group } = read().packages[this.#package] ?? {};
    if (!this.#descriptor.kind || group === undefined) return undefined;
    const version = this.#package.slice(this.#package.lastIndexOf(".") + 1);
    return { group, version, kind: this.shortName };
  }

  get fields() {
    this.#fields ??= this.#descriptor.fields.map((field) => new LazyField(field));
    return this.#fields;
  }

  get byJsonName() {
    this.#byJsonName ??= new Map(flattened(this.fields).map((field) => [field.name, field]));
    return this.#byJsonName;
  }

  get byNumber() {
    this.#byNumber ??= new Map(this.fields.map((field) => [field.number, field]));
    return this.#byNumber;
  }
}

function flattened(fields: readonly FieldSchema[]): FieldSchema[] {
  return fields.flatMap((field) =>
    field.inline && field.message ? flattened(field.message.fields) : [field],
  );
}

class LazyField implements FieldSchema {
  readonly name: string;
  readonly number: number;
  readonly kind: ScalarKind | "message";
  readonly cardinality: "single" | "list" | "map";
  readonly always: boolean;
  readonly pointer: boolean;
  readonly optional: boolean;
  readonly omitZero: boolean;
  readonly inline: boolean;
  readonly required: boolean;
  readonly default: unknown;
  readonly enum: readonly string[] | undefined;
  readonly patchStrategy: readonly ("merge" | "replace" | "retainKeys")[];
  readonly patchMergeKey: string | undefined;
  readonly listType: "atomic" | "set" | "map" | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: "atomic" | "granular" | undefined;
  readonly goType: string | undefined;
  readonly gate: string | undefined;
  readonly description: string;
  readonly #type: string;

  constructor(descriptor: FieldDescriptor) {
    const { name, number, type, list, map, default_json: defaultJson } = descriptor;
    this.name = name;
    this.number = number;
    this.kind = kindOf(type);
    this.cardinality = list ? "list" : map ? "map" : "single";
    this.always = descriptor.always === true;
    this.pointer = descriptor.optional === true;
    this.optional = descriptor.optional === true;
    this.omitZero = descriptor.omit_zero === true;
    this.inline = descriptor.inline === true;
    this.required = descriptor.required === true;
    this.default = defaultJson === undefined ? undefined : JSON.parse(defaultJson);
    this.enum = descriptor.enum;
    this.patchStrategy = descriptor.patch_strategy ?? [];
    this.patchMergeKey = descriptor.patch_merge_key;
    this.listType = descriptor.list_type;
    this.listMapKeys = descriptor.list_map_keys ?? [];
    this.mapType = descriptor.map_type;
    this.goType = descriptor.go_type;
    this.gate = descriptor.gate;
    this.description = descriptor.description ?? "";
    this.#type = type;
  }

  get message(): MessageSchema | undefined {
    return this.kind === "message" ? schemaOf(this.#type) : undefined;
  }

  get enumNumbers(): Readonly<Record<string, number>> | undefined {
    return this.kind === "enum" ? enumOf(this.#type) : undefined;
  }
}

function kindOf(type: string): ScalarKind | "message" {
  if (scalarKinds.has(type)) return type as ScalarKind;
  return type in read().enums ? "enum" : "message";
}
