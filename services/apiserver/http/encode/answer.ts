/** Objects and lists in the form that the client takes. */
import { notAcceptable } from "#libs/api/errors.ts";
import { goJson } from "#libs/api/gotext.ts";
import { defaultColumns } from "#libs/api/printing.ts";
import { type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { parseExact } from "#libs/schema/exactjson.ts";
import type { Listed, Version } from "../../registry/request.ts";
import { mediaTypes, type Conversion, type Media } from "../negotiate.ts";
import { itemJson, listJson, listMeta, prettyJson, versionJson } from "./json.ts";
import { partialItem, partialMessage, partialObject } from "./partial.ts";
import { envelope, listMessage, listMetadata, listParts, versionMessage } from "./protobuf.ts";
import { encodeDocument, type Encoded } from "./status.ts";
import { columnDefinitions, columnsOf, table, tableRow, type IncludeObject } from "./table.ts";
import { writeYaml } from "./yaml.ts";

export interface View {
  readonly media: Media;
  readonly include: IncludeObject;
  readonly now: number;
}

const metaVersion = (conversion: Exclude<Conversion, { type: "none" }>): string =>
  `meta.k8s.io/${conversion.version}`;

/** Kubernetes' internal name of a kind, in the words of a refused conversion. */
const internalName = ({ group, kind }: ResourceDefinition): string =>
  `*${group === "" ? "core" : (group.split(".")[0] ?? "")}.${kind}`;

/** One object. Throws 406 when a list form is asked for. */
export function encodeVersion(version: Version, view: View): Encoded {
  const { media } = view;
  const { conversion } = media;
  if (conversion.type === "table") return encodeDocument(versionTable(version, view), media);
  if (conversion.type === "partial") return encodePartial(version, media, conversion);
  const contentType = mediaTypes[media.encoding];
  if (media.encoding === "protobuf") return { contentType, bytes: versionMessage(version) };
  if (media.encoding === "yaml") {
    return { contentType, bytes: Buffer.from(writeYaml(jsonOf(version))) };
  }
  const bytes = media.pretty ? prettyJson(jsonOf(version)) : versionJson(version);
  return { contentType, bytes };
}

/** Parsed back from its text, which has the order of fields that clients know. */
const jsonOf = ({ json }: Version): unknown => parseExact(Buffer.from(json).toString("utf8"));

function versionTable(version: Version, { media, include, now }: View): object {
  const { conversion } = media;
  if (conversion.type !== "table") throw new TypeError("not a table");
  const { resourceVersion } = version.object.metadata ?? {};
  const metadata = resourceVersion ? { resourceVersion } : {};
  const options = { apiVersion: metaVersion(conversion), include, now };
  return table(columnsOf(version), [version], metadata, options);
}

function encodePartial(
  version: Version,
  media: Media,
  conversion: Extract<Conversion, { type: "partial" }>,
): Encoded {
  if (conversion.list) {
    throw notAcceptable(
      "you requested PartialObjectMetadataList, but the requested object is not a list " +
        `(${internalName(version.definition)})`,
    );
  }
  const apiVersion = metaVersion(conversion);
  const contentType = mediaTypes[media.encoding];
  if (media.encoding === "protobuf") {
    const type = { apiVersion, kind: "PartialObjectMetadata" };
    return { contentType, bytes: envelope(type, partialMessage(version)) };
  }
  return encodeDocument(partialObject(version, apiVersion), media);
}

/** A list in pieces that are written one after the other. */
export interface EncodedList {
  readonly contentType: string;
  readonly parts: Iterable<Uint8Array>;
}

/** Throws 406 when the form of one object is asked for. */
export function encodeList(
  definition: ResourceDefinition,
  listed: Listed,
  view: View,
): EncodedList {
  const { media } = view;
  const { conversion, encoding } = media;
  const contentType = mediaTypes[encoding];
  if (conversion.type === "partial" && !conversion.list) {
    throw notAcceptable(
      "you requested PartialObjectMetadata, but the requested object is a list " +
        `(${internalName(definition)}List)`,
    );
  }
  if (encoding === "protobuf") {
    return { contentType, parts: protobufParts(definition, listed, conversion) };
  }
  const parts = jsonParts(definition, listed, view);
  if (encoding === "json" && !media.pretty) return { contentType, parts };
  const value: unknown = parseExact(Buffer.concat([...parts]).toString("utf8"));
  const bytes = encoding === "yaml" ? Buffer.from(writeYaml(value)) : prettyJson(value);
  return { contentType, parts: [bytes] };
}

const listType = (definition: ResourceDefinition) => ({
  apiVersion: apiVersionOf(definition),
  kind: `${definition.kind}List`,
});

function protobufParts(
  definition: ResourceDefinition,
  listed: Listed,
  conversion: Conversion,
): Iterable<Uint8Array> {
  if (conversion.type !== "partial") return listMessage(listType(definition), listed);
  const type = { apiVersion: metaVersion(conversion), kind: "PartialObjectMetadataList" };
  return listParts(type, listMetadata(listed), listed.versions.map(partialMessage));
}

function jsonParts(
  definition: ResourceDefinition,
  listed: Listed,
  view: View,
): Iterable<Uint8Array> {
  const { conversion } = view.media;
  if (conversion.type === "table") return tableParts(definition, listed, view);
  if (conversion.type === "none") return listJson(listType(definition), listed, itemJson);
  const apiVersion = metaVersion(conversion);
  const type = { apiVersion, kind: "PartialObjectMetadataList" };
  return listJson(type, listed, (version) => partialItem(version, apiVersion));
}

const comma = Buffer.from(",");

function* tableParts(
  definition: ResourceDefinition,
  listed: Listed,
  { media, include, now }: View,
): Generator<Uint8Array> {
  const { conversion } = media;
  if (conversion.type !== "table") return;
  const apiVersion = metaVersion(conversion);
  const columns = columnDefinitions(definition.printColumns);
  const head = {
    kind: "Table",
    apiVersion,
    metadata: listMeta(listed),
    columnDefinitions: columns,
  };
  const start = `${goJson(head).slice(0, -1)},"rows":`;
  if (listed.versions.length === 0 && definition.printColumns === defaultColumns) {
    yield Buffer.from(`${start}null}\n`);
    return;
  }
  yield Buffer.from(`${start}[`);
  for (const [index, version] of listed.versions.entries()) {
    if (index > 0) yield comma;
    yield Buffer.from(goJson(tableRow(version, { apiVersion, include, now })));
  }
  yield Buffer.from("]}\n");
}
