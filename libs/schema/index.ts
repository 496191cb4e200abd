/** Message schemas, and the codecs that follow from them. */
export { codecOf, exactCodecOf } from "./codec.ts";
export { FieldTypeError } from "./read/error.ts";
export { readObject, type ReadObject } from "./read/object.ts";
export { strictProblems } from "./read/strict.ts";
export type { Codec, Encodable, FieldSchema, MessageForm, MessageSchema } from "./schema.ts";
export { allSchemas, kindSchema, messageNames, schemaOf } from "./schemas.ts";
export { decodeUnknown, encodeUnknown, hasEnvelope, type TypedBytes } from "./unknown.ts";
