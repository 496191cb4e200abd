/** PartialObjectMetadata: what garbage collectors and caches ask for instead of whole objects. */
import { goJson } from "#libs/api/gotext.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import type { Version } from "../../registry/request.ts";

export interface PartialObject {
  readonly kind: "PartialObjectMetadata";
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
}

/** The metadata of an object as an object of its own. */
export const partialObject = (
  { object }: Pick<Version, "object">,
  apiVersion: string,
): PartialObject => ({
  kind: "PartialObjectMetadata",
  apiVersion,
  metadata: object.metadata ?? {},
});

const jsonTexts = new WeakMap<Version, Uint8Array>();

/** With the comma of a list before it; made once a version, for the current meta.k8s.io/v1. */
export function partialItem(version: Version, apiVersion: string): Uint8Array {
  if (apiVersion !== "meta.k8s.io/v1") {
    return partialText(version, apiVersion);
  }
  const known = jsonTexts.get(version);
  if (known !== undefined) return known;
  const made = partialText(version, apiVersion);
  jsonTexts.set(version, made);
  return made;
}

const partialText = (version: Version, apiVersion: string): Uint8Array =>
  Buffer.from(`,${goJson(partialObject(version, apiVersion))}`);

const messages = new WeakMap<Version, Uint8Array>();

/** Protobuf of the message, without an envelope. */
export function partialMessage(version: Version): Uint8Array {
  const known = messages.get(version);
  if (known !== undefined) return known;
  const codec = codecOf<{ metadata: ObjectMeta }>("k8s.meta.v1.PartialObjectMetadata");
  const made = codec.encode({ metadata: version.object.metadata ?? {} });
  messages.set(version, made);
  return made;
}
