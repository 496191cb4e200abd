/**
 * What the proto files say about a message: the one source for codecs, JSON, patches, OpenAPI and
 * structural checks.
 */

export type ScalarKind =
  | "string"
  | "bool"
  | "int32"
  | "uint32"
  | "fixed32"
  | "int64"
  | "uint64"
  | "double"
  | "bytes"
  | "enum";

/**
 * How a message looks in JSON. All but `struct` are messages whose JSON is not an object with the
 * message's fields.
 */
export type MessageForm =
  | "struct"
  /** `{string}` ⇄ `"100m"`. */
  | "quantity"
  /** `{type, intVal, strVal}` ⇄ `80` or `"http"`. */
  | "intOrString"
  /** `{seconds, nanos}` ⇄ `"2026-01-02T03:04:05Z"`. */
  | "time"
  /** The same with six digits of fraction. */
  | "microTime"
  /** `{duration}` in nanoseconds ⇄ `"1h2m3s"`. */
  | "duration"
  /** `{raw}` ⇄ any JSON object: FieldsV1, RawExtension. */
  | "rawObject"
  /** `{raw}` ⇄ any JSON value. */
  | "rawJson"
  /** `{items}` ⇄ a list of strings: Verbs, ExtraValue. */
  | "stringList"
  /** JSONSchemaPropsOrArray, …OrBool, …OrStringArray. */
  | "schemaOr";

export interface FieldSchema {
  /** JSON name. */
  readonly name: string;
  readonly number: number;
  readonly kind: ScalarKind | "message";
  /** Of a message field, and of a map whose values are messages. */
  readonly message: MessageSchema | undefined;
  /** Map keys are always strings. */
  readonly cardinality: "single" | "list" | "map";
  /** Written even when empty, as a Go field without omitempty is. */
  readonly always: boolean;
  /** A Go pointer: an explicit zero differs from absent. */
  readonly pointer: boolean;
  /** Proto presence: absent differs from zero (kubus messages). */
  readonly optional: boolean;
  /** Numbers by name, of an enum field. */
  readonly enumNumbers: Readonly<Record<string, number>> | undefined;
  /** Dropped when zero although a struct (metadata.creationTimestamp). */
  readonly omitZero: boolean;
  /** The fields of the message stand in the parent's JSON object. */
  readonly inline: boolean;
  readonly required: boolean;
  /** Default that the API documents; applied by the resource's own `defaults`. */
  readonly default: unknown;
  /** Allowed words of a string field that Kubernetes declares an enum. */
  readonly enum: readonly string[] | undefined;
  readonly patchStrategy: readonly ("merge" | "replace" | "retainKeys")[];
  readonly patchMergeKey: string | undefined;
  readonly listType: "atomic" | "set" | "map" | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: "atomic" | "granular" | undefined;
  /** Go type of the field, where Go names one: `v1.RestartPolicy`, `[]v1.Capability`. */
  readonly goType: string | undefined;
  /** Feature gate that the field hides behind, if any. */
  readonly gate: string | undefined;
  /** One sentence of our own from the proto comment; may be empty. */
  readonly description: string;
}

export interface MessageSchema {
  /** Full proto name: `k8s.core.v1.Pod`. */
  readonly name: string;
  /** Last part of it. */
  readonly shortName: string;
  /** Name in OpenAPI documents: `io.k8s.api.core.v1.Pod`; undefined for kubus messages. */
  readonly openapi: string | undefined;
  readonly form: MessageForm;
  readonly fields: readonly FieldSchema[];
  /** Fields by JSON name, those of inlined messages included. */
  readonly byJsonName: ReadonlyMap<string, FieldSchema>;
  readonly byNumber: ReadonlyMap<number, FieldSchema>;
  /** Has apiVersion and kind in JSON (which are not fields of the message). */
  readonly typeMeta: boolean;
  readonly mapType: "atomic" | "granular" | undefined;
  readonly gvk:
    | { readonly group: string; readonly version: string; readonly kind: string }
    | undefined;
  /** Belongs to every group and version (DeleteOptions, WatchEvent). */
  readonly everyGroup: boolean;
  /** At most one of the fields is set; the discriminator's value says which. */
  readonly union: Union | undefined;
  readonly description: string;
}

export interface Union {
  readonly discriminator: string | undefined;
  /** Value of the discriminator by field. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A message as it may be given to be encoded: what is left out is zero. */
export type Encodable<T> = T extends Uint8Array
  ? Uint8Array
  : T extends readonly (infer Item)[]
    ? readonly Encodable<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]?: Encodable<T[Key]> | undefined }
      : T;

/** Bytes of one message type and back. */
export interface Codec<T> {
  /** Protobuf bytes. Throws `TypeError` when a field has a value of the wrong type. */
  encode(value: T | Encodable<T>): Uint8Array;
  /** Throws `RangeError` on malformed bytes; unknown fields are skipped. */
  decode(bytes: Uint8Array): T;
}
