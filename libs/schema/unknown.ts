/**
 * The envelope around Kubernetes' protobuf over HTTP and in its store: four magic bytes, then
 * `k8s.runtime.Unknown` with the object's type and bytes.
 */
import { codecOf } from "./codec.ts";

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);

export interface TypedBytes {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object's own message. */
  readonly raw: Uint8Array;
  /** Empty is `application/vnd.kubernetes.protobuf`. */
  readonly contentType: string;
  readonly contentEncoding: string;
}

interface Unknown {
  readonly typeMeta?: { readonly apiVersion?: string; readonly kind?: string };
  /** Bytes of Kubernetes' own messages are base64 in their JSON form. */
  readonly raw?: string | Uint8Array;
  readonly contentType?: string;
  readonly contentEncoding?: string;
}

/** Whether bytes begin with the envelope's magic bytes. */
export function hasEnvelope(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte);
}

/** Throws `RangeError` when the bytes are no envelope or are malformed. */
export function decodeUnknown(bytes: Uint8Array): TypedBytes {
  if (!hasEnvelope(bytes)) {
    throw new RangeError(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  const unknown = codecOf<Unknown>("k8s.runtime.Unknown").decode(bytes.subarray(magic.length));
  return {
    apiVersion: unknown.typeMeta?.apiVersion ?? "",
    kind: unknown.typeMeta?.kind ?? "",
    raw: bytesOf(unknown.raw ?? ""),
    contentType: unknown.contentType ?? "",
    contentEncoding: unknown.contentEncoding ?? "",
  };
}

const bytesOf = (raw: string | Uint8Array): Uint8Array =>
  typeof raw === "string" ? Buffer.from(raw, "base64") : raw;

/** The envelope around an object's own message. */
export function encodeUnknown(
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  raw: Uint8Array,
): Uint8Array {
  const unknown = codecOf<Unknown>("k8s.runtime.Unknown").encode({
    typeMeta: { apiVersion, kind },
    raw,
  });
  return Buffer.concat([magic, unknown]);
}
