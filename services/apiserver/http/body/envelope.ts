/** The envelope that Kubernetes puts protobuf messages in: `k8s\0` and runtime.Unknown. */
import { codecOf } from "#libs/schema/codec.ts";

const magic = Buffer.from("k8s\0");

export interface Unknown {
  readonly apiVersion: string;
  readonly kind: string;
  /** The message. */
  readonly raw: Uint8Array;
}

export const hasEnvelope = (bytes: Uint8Array): boolean =>
  bytes.length >= magic.length && magic.equals(bytes.subarray(0, magic.length));

interface UnknownMessage {
  readonly typeMeta?: { readonly apiVersion?: string; readonly kind?: string };
  readonly raw?: Uint8Array | string;
}

/** Throws RangeError when the envelope is damaged. */
export function decodeUnknown(bytes: Uint8Array): Unknown {
  const codec = codecOf<UnknownMessage>("k8s.runtime.Unknown");
  const { typeMeta, raw = "" } = codec.decode(bytes.subarray(magic.length));
  return {
    apiVersion: typeMeta?.apiVersion ?? "",
    kind: typeMeta?.kind ?? "",
    // Bytes of Kubernetes' messages are base64 in their JSON form.
    raw: typeof raw === "string" ? Buffer.from(raw, "base64") : raw,
  };
}
