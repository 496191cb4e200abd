/** Message schemas, and the codecs that follow from them. */
export { codecOf } from "./codec.ts";
export type { Codec, Encodable, FieldSchema, MessageForm, MessageSchema } from "./schema.ts";
export { allSchemas, kindSchema, messageNames, schemaOf } from "./schemas.ts";
