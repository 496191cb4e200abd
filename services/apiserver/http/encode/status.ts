/** Status and other documents of fixed kinds, in the form that the client takes. */
import { codecOf } from "#libs/schema/codec.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";
import { mediaTypes, type Media } from "../negotiate.ts";
import { compactJson, prettyJson } from "./json.ts";
import { envelope } from "./protobuf.ts";
import { statusMessage } from "./status-message.ts";
import { writeYaml } from "./yaml.ts";

export interface Encoded {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A document whose message is `k8s.meta.v1.<kind>` where protobuf is asked for. */
export function encodeDocument(
  document: object,
  media: Pick<Media, "encoding" | "pretty">,
  message?: string,
): Encoded {
  const contentType = mediaTypes[media.encoding];
  if (media.encoding === "yaml") {
    return { contentType, bytes: Buffer.from(writeYaml(document)) };
  }
  if (media.encoding === "protobuf") {
    const { apiVersion = "v1", kind = "" } = document as { apiVersion?: string; kind?: string };
    const body =
      kind === "Status"
        ? statusMessage(document as Status)
        : codecOf<object>(message ?? `k8s.meta.v1.${kind}`).encode(document);
    return { contentType, bytes: envelope({ apiVersion, kind }, body) };
  }
  return { contentType, bytes: media.pretty ? prettyJson(document) : compactJson(document) };
}
