/** Objects as they stand in protobuf bodies. */
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { codecOf, decodeUnknown, encodeUnknown, readObject, schemaOf } from "#libs/schema/index.ts";

export const protobufType = "application/vnd.kubernetes.protobuf";

/** An object out of the bytes of a protobuf answer. */
export function fromProtobuf(definition: ResourceDefinition, bytes: Uint8Array): object {
  const { message } = definition;
  const { apiVersion, kind, raw } = decodeUnknown(bytes);
  const object = { apiVersion, kind, ...codecOf<object>(message).decode(raw) };
  definition.afterDecoding?.(object);
  return inMessageForm(message, object);
}

export function toProtobuf({ message }: ResourceDefinition, object: KubeObject): Uint8Array {
  const { apiVersion = "", kind = "", ...fields } = object;
  return encodeUnknown({ apiVersion, kind }, codecOf<object>(message).encode(fields));
}

/** An object as its message holds it: what JSON says only because Go always says it is left out. */
export const inMessageForm = (message: string, object: object): object =>
  readObject(schemaOf(message), object).object;
