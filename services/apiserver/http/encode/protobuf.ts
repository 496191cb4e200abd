/**
 * Protobuf answers: messages in the Unknown envelope (`k8s\0`), lists joined from the items' own
 * bytes, watch events as length-delimited frames.
 */
import { apiVersionOf } from "#libs/api/resource.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { Listed, Version } from "../../registry/request.ts";

const magic = Buffer.from("k8s\0");
/** Empty contentEncoding and contentType, which Go writes although they are empty. */
const envelopeEnd = Buffer.from([0x1a, 0x00, 0x22, 0x00]);

interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** A message in its envelope. */
export function envelope(type: TypeMeta, message: Uint8Array): Uint8Array {
  return Buffer.concat([envelopeStart(type, message.length), message, envelopeEnd]);
}

function envelopeStart({ apiVersion, kind }: TypeMeta, messageBytes: number): Buffer {
  const typeMeta = Buffer.concat([textField(1, apiVersion), textField(2, kind)]);
  return Buffer.concat([
    magic,
    fieldStart(1, typeMeta.length),
    typeMeta,
    fieldStart(2, messageBytes),
  ]);
}

/** The version's own kind: a scale differs from its definition's. */
export function typeOf({ definition, object }: Version): TypeMeta {
  return {
    apiVersion: object.apiVersion ?? apiVersionOf(definition),
    kind: object.kind ?? definition.kind,
  };
}

/** One object in the envelope in which Kubernetes sends protobuf. */
export const versionMessage = (version: Version): Uint8Array =>
  envelope(typeOf(version), version.protobuf);

/** A list in pieces: its items are the cached bytes of the objects. */
export function* listMessage(type: TypeMeta, listed: Listed): Generator<Uint8Array> {
  const metadata = listMetadata(listed);
  const messages = listed.versions.map(({ protobuf }) => protobuf);
  yield* listParts(type, metadata, messages);
}

/** The same for items that were made for this answer. */
export function* listParts(
  type: TypeMeta,
  metadata: Uint8Array,
  messages: readonly Uint8Array[],
): Generator<Uint8Array> {
  const starts = messages.map((message) => fieldStart(2, message.length));
  let bytes = metadata.length;
  for (const start of starts) bytes += start.length;
  for (const message of messages) bytes += message.length;
  yield envelopeStart(type, bytes);
  yield metadata;
  for (const [index, message] of messages.entries()) {
    yield starts[index] ?? magic;
    yield message;
  }
  yield envelopeEnd;
}

/** ListMeta as field 1 of a list. */
export function listMetadata(listed: Listed): Uint8Array {
  const meta = codecOf<Record<string, unknown>>("k8s.meta.v1.ListMeta").encode({
    resourceVersion: listed.resourceVersion,
    ...(listed.continue === "" ? {} : { continue: listed.continue }),
    ...(listed.remainingItemCount === undefined
      ? {}
      : { remainingItemCount: listed.remainingItemCount }),
  });
  return Buffer.concat([fieldStart(1, meta.length), meta]);
}

/** One frame of a watch: length, then WatchEvent{type, object{raw}}. */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  const raw = Buffer.concat([fieldStart(1, object.length), object]);
  const event = Buffer.concat([textField(1, type), fieldStart(2, raw.length), raw]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

function textField(number: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([fieldStart(number, bytes.length), bytes]);
}

/** Tag of a length-delimited field and its length. */
function fieldStart(number: number, length: number): Buffer {
  const bytes = [(number << 3) | 2];
  let rest = length;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
