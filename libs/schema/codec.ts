/** Codecs by message name: JSON-form objects ⇄ protobuf bytes. */
import protobuf from "protobufjs/minimal.js";
import { messageDecoder } from "./codec/decode.ts";
import { messageEncoder } from "./codec/encode.ts";
import { ExactReader, ObjectReader, ViewingReader } from "./codec/reader.ts";
import type { Codec, Encodable } from "./schema.ts";
import { schemaOf } from "./schemas.ts";

const codecs = new Map<string, Codec<unknown>>();

/**
 * The codec of a message, by its full proto name. It is compiled at first use, so naming a codec
 * costs nothing. Using it throws when there is no such message.
 */
export function codecOf<T>(name: string): Codec<T> {
  const known = codecs.get(name);
  if (known) return known as Codec<T>;
  const codec = lazyCodec<T>(name, ObjectReader);
  codecs.set(name, codec as Codec<unknown>);
  return codec;
}

/**
 * Like {@link codecOf}, but decoding copies nothing: fields of bytes are views of the bytes that
 * were decoded, which must not change, and which live for as long as one of the views.
 */
export const viewingCodecOf = <T>(name: string): Codec<T> => lazyCodec<T>(name, ViewingReader);

const exactCodecs = new Map<string, Codec<unknown>>();

/**
 * Like {@link codecOf}, but integers beyond 2^53 are bigints, whatever the types say: for those
 * who hand values on and do not reckon with them.
 */
export function exactCodecOf<T>(name: string): Codec<T> {
  const known = exactCodecs.get(name);
  if (known) return known as Codec<T>;
  const codec = lazyCodec<T>(name, ExactReader);
  exactCodecs.set(name, codec as Codec<unknown>);
  return codec;
}

function lazyCodec<T>(name: string, Reader: typeof ObjectReader): Codec<T> {
  return {
    encode(value: T | Encodable<T>) {
      const writer = protobuf.Writer.create();
      messageEncoder(schemaOf(name))(writer, value);
      return writer.finish();
    },
    decode(bytes) {
      const reader = new Reader(bytes);
      try {
        return messageDecoder(schemaOf(name))(reader, reader.len, 0) as T;
      } catch (cause) {
        if (cause instanceof RangeError) throw cause;
        throw new RangeError(`malformed ${name}: ${String(cause)}`, { cause });
      }
    },
  };
}
